// A WebSocket server that sends every message back: node websocket_echo.js PORT
const { WebSocketServer } = require('/usr/share/nodejs/ws');

const server = new WebSocketServer({
  host: '127.0.0.1',
  port: Number(process.argv[2]),
  perMessageDeflate: { threshold: 0 },
  maxPayload: 64 * 1024 * 1024,
});
server.on('connection', (socket) => {
  socket.on('error', () => {}); // what the client did wrong goes back to it as a close code
  socket.on('message', (data, binary) => socket.send(data, { binary }));
});
