package dev.tlsproxy.tests;

import dev.tlsproxy.tests.peer.Peer;
import dev.tlsproxy.tests.peer.PeerProcess;
import dev.tlsproxy.tests.peer.Ports;
import dev.tlsproxy.tests.peer.RealPeer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/** Debian's nginx as an upstream: serves the files of a directory, takes PUT, answers {@code /echo}. */
final class NginxUpstream {

    private static final Duration START = Duration.ofSeconds(20);

    final Path files;
    private final int port;
    private final int http2Port;

    private NginxUpstream(Path files, int port, int http2Port) {
        this.files = files;
        this.port = port;
        this.http2Port = http2Port;
    }

    static NginxUpstream start(Workbench bench) {
        RealPeer nginx = RealPeer.of(Peer.NGINX);
        Path directory = bench.directory(nginx, "nginx");
        int port = Ports.free();
        int http2Port = Ports.free();
        try {
            Path files = Files.createDirectory(directory.resolve("files"));
            Path conf =
                    Files.writeString(directory.resolve("nginx.conf"), conf(nginx.seen(directory), port, http2Port));
            PeerProcess process = bench.closing(nginx.start(
                    directory, List.of("-e", "stderr", "-p", nginx.seen(directory), "-c", nginx.seen(conf))));
            process.awaitReady(START, () -> Ports.accepts(port));
            return new NginxUpstream(files, port, http2Port);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    String uri() {
        return "http://127.0.0.1:" + port;
    }

    /** The same in HTTP/2 alone, on connections that nginx ends after 50 requests each. */
    String http2Uri() {
        return "h2c://127.0.0.1:" + http2Port;
    }

    // one process and no "user": runs as whoever runs the tests, root too, and sees their files
    private static String conf(String directory, int port, int http2Port) {
        return """
                daemon off;
                master_process off;
                pid DIR/nginx.pid;
                error_log stderr warn;
                events {}
                http {
                    access_log off;
                    types { application/json json; }
                    default_type application/octet-stream;
                    client_body_temp_path DIR/body;
                    proxy_temp_path DIR/proxy;
                    fastcgi_temp_path DIR/fastcgi;
                    uwsgi_temp_path DIR/uwsgi;
                    scgi_temp_path DIR/scgi;
                    client_max_body_size 0;
                    server {
                        listen 127.0.0.1:PORT;
                        listen 127.0.0.1:HTTP2 http2;
                        keepalive_requests 50;
                        location / { root DIR/files; dav_methods PUT; }
                        location = /echo {
                            default_type application/json;
                            return 200 '{"target":"$request_uri","host":"$http_host","for":"$http_x_forwarded_for","proto":"$http_x_forwarded_proto"}';
                        }
                    }
                }
                """.replace("DIR", directory)
                .replace("PORT", Integer.toString(port))
                .replace("HTTP2", Integer.toString(http2Port));
    }
}
