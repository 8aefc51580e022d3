"use strict";

const text = (id, value) => {
  document.getElementById(id).textContent = value;
};

const postQuantum = (group) => group.includes("MLKEM");

const markGroup = (id) => {
  const element = document.getElementById(id);
  element.className = postQuantum(element.textContent) ? "good" : "plain";
};

const handlers = {
  connection(message) {
    text("ws-protocol", message.protocol);
    text("ws-group", message.group);
    text("ws-alpn", message.alpn);
    markGroup("ws-group");
  },
  numbers(message) {
    text("counter", message.counter);
    text("torrents", message.tracker.torrents);
    text("seeders", message.tracker.seeders);
    text("leechers", message.tracker.leechers);
    text("announces", message.tracker.announces_handled);
  },
  echo(message) {
    const milliseconds = (performance.now() * 1000 - message.sent) / 1000;
    text("round-trip", milliseconds.toFixed(milliseconds < 100 ? 1 : 0) + " ms");
  },
};

let attempts = 0;

const connect = () => {
  const scheme = location.protocol === "https:" ? "wss:" : "ws:";
  const socket = new WebSocket(scheme + "//" + location.host + "/api/live/ws");
  let pings;
  socket.onopen = () => {
    attempts = 0;
    text("ws-status", "connected");
    pings = setInterval(() => socket.send(String(Math.round(performance.now() * 1000))), 2000);
  };
  socket.onmessage = (event) => {
    const message = JSON.parse(event.data);
    handlers[message.type]?.(message);
  };
  socket.onclose = () => {
    clearInterval(pings);
    attempts += 1;
    text("ws-status", "closed, connecting again");
    setTimeout(connect, Math.min(1000 * 2 ** attempts, 30000));
  };
};

markGroup("page-group");
text(
  "page-verdict",
  postQuantum(document.getElementById("page-group").textContent)
    ? "The key exchange of this page is post-quantum."
    : "The key exchange of this page is not post-quantum: this browser did not offer X25519MLKEM768."
);
connect();
