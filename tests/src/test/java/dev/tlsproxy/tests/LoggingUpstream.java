package dev.tlsproxy.tests;

import dev.tlsproxy.tests.peer.Peer;
import dev.tlsproxy.tests.peer.Ports;
import dev.tlsproxy.tests.peer.RealPeer;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Objects;

/** A real server that answers each request with its target and writes the request line to a file. */
final class LoggingUpstream {

    private static final Duration START = Duration.ofSeconds(20);

    private final int port;
    private final Path log;

    private LoggingUpstream(int port, Path log) {
        this.port = port;
        this.log = log;
    }

    String uri() {
        return "http://127.0.0.1:" + port;
    }

    /** The lines so far, without their ends. */
    List<String> requestLines() throws IOException {
        return Files.readAllLines(log, StandardCharsets.ISO_8859_1);
    }

    static LoggingUpstream nginx(Workbench bench) throws IOException {
        return start(
                bench, Peer.NGINX, "nginx.conf", """
                daemon off;
                master_process off;
                pid DIR/nginx.pid;
                error_log stderr crit;
                events {}
                http {
                    log_format line escape=none '$request';
                    access_log DIR/requests.log line;
                    client_body_temp_path DIR/body;
                    proxy_temp_path DIR/proxy;
                    fastcgi_temp_path DIR/fastcgi;
                    uwsgi_temp_path DIR/uwsgi;
                    scgi_temp_path DIR/scgi;
                    server {
                        listen 127.0.0.1:PORT;
                        location / { return 200 '$request_uri'; }
                    }
                }
                """, List.of("-e", "stderr", "-p", "DIR", "-c", "DIR/nginx.conf"));
    }

    static LoggingUpstream apache(Workbench bench) throws IOException {
        return start(bench, Peer.APACHE, "httpd.conf", """
                ServerName shop.localhost
                ServerRoot DIR
                PidFile DIR/httpd.pid
                Listen 127.0.0.1:PORT
                LoadModule mpm_event_module /usr/lib/apache2/modules/mod_mpm_event.so
                LoadModule authz_core_module /usr/lib/apache2/modules/mod_authz_core.so
                DocumentRoot DIR/empty
                ErrorLog /dev/null
                LogFormat "%r" line
                CustomLog DIR/requests.log line
                KeepAliveTimeout 30
                MaxKeepAliveRequests 0
                ErrorDocument 404 "%{REQUEST_URI}"
                """, List.of("-X", "-f", "DIR/httpd.conf"));
    }

    static LoggingUpstream node(Workbench bench) throws IOException {
        try (InputStream script = LoggingUpstream.class.getResourceAsStream("/node_echo.js")) {
            String source =
                    new String(Objects.requireNonNull(script, "node_echo.js").readAllBytes(), StandardCharsets.UTF_8);
            return start(
                    bench, Peer.NODE, "node_echo.js", source, List.of("DIR/node_echo.js", "PORT", "DIR/requests.log"));
        }
    }

    private static LoggingUpstream start(
            Workbench bench, Peer peer, String fileName, String content, List<String> arguments) throws IOException {
        RealPeer server = RealPeer.of(peer);
        Path directory = bench.directory(server, peer.name().toLowerCase(Locale.ROOT));
        Files.createDirectory(directory.resolve("empty"));
        Path log = Files.createFile(directory.resolve("requests.log"));
        String port = Integer.toString(Ports.free());
        String seen = server.seen(directory);
        Files.writeString(
                directory.resolve(fileName), content.replace("DIR", seen).replace("PORT", port));
        bench.closing(server.start(
                        directory,
                        arguments.stream()
                                .map(argument -> argument.replace("DIR", seen).replace("PORT", port))
                                .toList()))
                .awaitReady(START, () -> Ports.accepts(Integer.parseInt(port)));
        return new LoggingUpstream(Integer.parseInt(port), log);
    }
}
