package dev.tlsproxy.tests;

import dev.tlsproxy.tests.peer.Peer;
import dev.tlsproxy.tests.peer.PeerProcess;
import dev.tlsproxy.tests.peer.Ports;
import dev.tlsproxy.tests.peer.RealPeer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * A real server that speaks the PROXY protocol. One that receives it answers each request with the four parts of what the
 * header told, as far as it can tell them: client address and port, the address and port it connected to.
 */
final class HeaderPeer {

    /** Debian's package libnginx-mod-stream. */
    static final Path NGINX_STREAM = Path.of("/usr/lib/nginx/modules/ngx_stream_module.so");

    private static final Duration START = Duration.ofSeconds(20);
    private static final List<String> NGINX = List.of("-e", "stderr", "-p", "DIR", "-c", "DIR/CONF");
    private static final List<String> HAPROXY = List.of("-db", "-f", "DIR/CONF");

    final int port;
    private final PeerProcess process;

    private HeaderPeer(int port, PeerProcess process) {
        this.port = port;
        this.process = process;
    }

    String uri() {
        return "http://127.0.0.1:" + port;
    }

    String output() {
        return process.output();
    }

    /** Receives both versions, in front of TLS where a certificate and its key are given. */
    static HeaderPeer nginx(Workbench bench, Map<String, String> pem) throws IOException {
        String tls = pem.isEmpty() ? "" : "ssl_certificate DIR/chain.pem; ssl_certificate_key DIR/key.pem;";
        return start(bench, Peer.NGINX, pem, NGINX, """
                daemon off;
                master_process off;
                pid DIR/nginx.pid;
                error_log stderr warn;
                events {}
                http {
                    log_format told '$request_uri "$proxy_protocol_addr" $status';
                    access_log /dev/stderr told;
                    client_body_temp_path DIR/body;
                    proxy_temp_path DIR/proxy;
                    fastcgi_temp_path DIR/fastcgi;
                    uwsgi_temp_path DIR/uwsgi;
                    scgi_temp_path DIR/scgi;
                    server {
                        listen 127.0.0.1:PORT proxy_protocol SSL;
                        TLS
                        return 200 "$proxy_protocol_addr $proxy_protocol_port $proxy_protocol_server_addr $proxy_protocol_server_port";
                    }
                }
                """.replace("SSL", pem.isEmpty() ? "" : "ssl")
                .replace("TLS", tls));
    }

    /** Receives both versions; tells the client's address only. */
    static HeaderPeer apache(Workbench bench) throws IOException {
        return start(bench, Peer.APACHE, Map.of(), List.of("-X", "-f", "DIR/CONF"), """
                ServerName shop.localhost
                ServerRoot DIR
                PidFile DIR/httpd.pid
                Listen 127.0.0.1:PORT
                LoadModule mpm_event_module /usr/lib/apache2/modules/mod_mpm_event.so
                LoadModule authz_core_module /usr/lib/apache2/modules/mod_authz_core.so
                LoadModule remoteip_module /usr/lib/apache2/modules/mod_remoteip.so
                RemoteIPProxyProtocol On
                DocumentRoot DIR/empty
                ErrorLog /dev/stderr
                LogFormat "%U \\"%a\\" %>s" told
                CustomLog /dev/stderr told
                ErrorDocument 404 "%{REMOTE_ADDR}"
                """);
    }

    /** Receives both versions. */
    static HeaderPeer haproxy(Workbench bench) throws IOException {
        return start(bench, Peer.HAPROXY, Map.of(), HAPROXY, """
                global
                    log stdout format raw local0 info
                defaults
                    mode http
                    timeout client 30s
                    timeout connect 5s
                    timeout server 30s
                frontend told
                    bind 127.0.0.1:PORT accept-proxy
                    log global
                    log-format "%HP \\"%ci\\" %ST"
                    http-request return status 200 content-type text/plain lf-string "%ci %cp %fi %fp"
                """);
    }

    /** Passes TCP connections on behind a header, and checks its server behind one as well. */
    static HeaderPeer haproxyInFront(Workbench bench, String option, int port) throws IOException {
        return start(bench, Peer.HAPROXY, Map.of(), HAPROXY, """
                global
                    log stdout format raw local0 info
                defaults
                    mode tcp
                    timeout client 30s
                    timeout connect 5s
                    timeout server 30s
                listen passed
                    bind 127.0.0.1:PORT
                    log global
                    server proxy 127.0.0.1:TO OPTION check inter 100ms fall 1
                """.replace("TO", Integer.toString(port))
                .replace("OPTION", option));
    }

    /** Passes TCP connections on behind a header of version 1. */
    static HeaderPeer nginxInFront(Workbench bench, int port) throws IOException {
        return start(bench, Peer.NGINX, Map.of(), NGINX, """
                load_module MODULE;
                daemon off;
                master_process off;
                pid DIR/nginx.pid;
                error_log stderr warn;
                events {}
                stream {
                    server {
                        listen 127.0.0.1:PORT;
                        proxy_pass 127.0.0.1:TO;
                        proxy_protocol on;
                    }
                }
                """.replace("TO", Integer.toString(port))
                .replace("MODULE", NGINX_STREAM.toString()));
    }

    private static HeaderPeer start(
            Workbench bench, Peer peer, Map<String, String> files, List<String> arguments, String conf)
            throws IOException {
        RealPeer server = RealPeer.of(peer);
        Path directory = bench.directory(server, peer.name().toLowerCase(Locale.ROOT));
        Files.createDirectory(directory.resolve("empty"));
        for (Map.Entry<String, String> file : files.entrySet()) {
            Files.writeString(directory.resolve(file.getKey()), file.getValue());
        }
        int port = Ports.free();
        String seen = server.seen(directory);
        Files.writeString(
                directory.resolve("peer.conf"), conf.replace("DIR", seen).replace(":PORT", ":" + port));
        PeerProcess process = bench.closing(server.start(
                        directory,
                        arguments.stream()
                                .map(argument -> argument.replace("DIR", seen).replace("CONF", "peer.conf"))
                                .toList()))
                .awaitReady(START, () -> Ports.accepts(port));
        return new HeaderPeer(port, process);
    }
}
