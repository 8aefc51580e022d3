"""Sends one HTTP/2 request that may be malformed and tells what came back.

Usage: malformed_h2.py HOST PORT CA_FILE REQUEST
Prints "status N", "reset" (RST_STREAM) or "connection ended" (GOAWAY, or closed).
"""

import socket
import ssl
import sys

import h2.config
import h2.connection
import h2.events

host, port, ca_file, name = sys.argv[1], int(sys.argv[2]), sys.argv[3], sys.argv[4]


def head(method="GET", path="/" + name, authority=host):
    return [(":method", method), (":scheme", "https"), (":authority", authority), (":path", path)]


plain = head()
# name -> header fields, body (None: the head ends the stream)
requests = {
    "well-formed": (plain, None),
    "crlf-in-value": (plain + [("x-a", "1\r\nx-smuggled: 1")], None),
    "lf-in-value": (plain + [("x-a", "1\nx-smuggled: 1")], None),
    "nul-in-value": (plain + [("x-a", "1\0002")], None),
    "crlf-in-path": (head(path="/a HTTP/1.1\r\nHost: evil\r\n\r\n"), None),
    "space-in-path": (head(path="/a b"), None),
    "crlf-in-authority": (head(authority=host + "\r\nx-smuggled: 1"), None),
    "userinfo-in-authority": (head(authority="user@" + host), None),
    "authority-and-other-host": (plain + [("host", "other.localhost")], None),
    "upper-case-name": (plain + [("X-Upper", "1")], None),
    "keep-alive": (plain + [("keep-alive", "5")], None),
    "proxy-connection": (plain + [("proxy-connection", "keep-alive")], None),
    "transfer-encoding": (head("POST") + [("transfer-encoding", "chunked")], b"0\r\n\r\n"),
    "upgrade": (plain + [("upgrade", "websocket")], None),
    "te-gzip": (plain + [("te", "gzip")], None),
    "no-path": (plain[:3], None),
    "pseudo-after-regular": (plain[:3] + [("x-a", "1")] + plain[3:], None),
    "body-shorter-than-content-length": (head("POST") + [("content-length", "10")], b"short"),
    "no-body-with-content-length": (head("POST") + [("content-length", "10")], None),
}


def outcome(connection, tls):
    while True:
        data = tls.recv(65536)
        if not data:
            return "connection ended"
        for event in connection.receive_data(data):
            if isinstance(event, h2.events.ResponseReceived):
                fields = {bytes_of(key): bytes_of(value) for key, value in event.headers}
                return "status " + fields[b":status"].decode()
            if isinstance(event, h2.events.StreamReset):
                return "reset"
            if isinstance(event, h2.events.ConnectionTerminated):
                return "connection ended"
        tls.sendall(connection.data_to_send())


def bytes_of(text):
    return text if isinstance(text, bytes) else text.encode()


context = ssl.create_default_context(cafile=ca_file)
context.set_alpn_protocols(["h2"])
raw = socket.create_connection(("127.0.0.1", port), timeout=20)
with context.wrap_socket(raw, server_hostname=host) as tls:
    assert tls.selected_alpn_protocol() == "h2"
    connection = h2.connection.H2Connection(
        h2.config.H2Configuration(
            client_side=True,
            validate_outbound_headers=False,
            normalize_outbound_headers=False,
            header_encoding=None,
        )
    )
    connection.initiate_connection()
    fields, body = requests[name]
    connection.send_headers(1, fields, end_stream=body is None)
    if body is not None:
        connection.send_data(1, body, end_stream=True)
    tls.sendall(connection.data_to_send())
    try:
        print(outcome(connection, tls))
    except ConnectionError:
        print("connection ended")
