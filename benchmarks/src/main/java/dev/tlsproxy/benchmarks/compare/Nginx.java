package dev.tlsproxy.benchmarks.compare;

/** nginx with one worker, as the proxy; and the same program as everybody's upstream. */
final class Nginx implements Contender {

    /** In {@link Peers#work}. */
    static final String GROUP_LOG = "group.log";

    /** With a log of each connection's group, to prove what the load tools negotiate; slower, so never measured. */
    private final boolean logging;

    Nginx() {
        this(false);
    }

    private Nginx(boolean logging) {
        this.logging = logging;
    }

    static Nginx withLog() {
        return new Nginx(true);
    }

    @Override
    public String name() {
        return "nginx";
    }

    @Override
    public boolean compilesWhileRunning() {
        return false;
    }

    @Override
    public RunningProxy start(Scene scene, boolean pinned) {
        int port = Launch.freePort();
        String server = """
                log_format group '$ssl_curve $ssl_session_reused $server_protocol';
                access_log %s;
                upstream plain { server %s; keepalive 256; keepalive_requests 1000000000; }
                upstream java { server %s; keepalive 256; }
                map $http_upgrade $connection_field { default upgrade; '' ''; }
                server {
                  listen 127.0.0.1:%d ssl backlog=4096;
                  http2 on;
                  ssl_certificate %s/%s;
                  ssl_certificate_key %s/%s;
                  ssl_protocols TLSv1.2 TLSv1.3;
                  ssl_session_cache off;
                  ssl_session_tickets off;
                  client_max_body_size 0;
                  proxy_http_version 1.1;
                  proxy_request_buffering off;
                  proxy_max_temp_file_size 0;
                  proxy_set_header Host $host;
                  proxy_set_header X-Forwarded-For $remote_addr;
                  proxy_set_header X-Forwarded-Proto $scheme;
                  proxy_set_header Upgrade $http_upgrade;
                  proxy_set_header Connection $connection_field;
                  proxy_read_timeout 300s;
                  location / { proxy_pass http://plain; }
                  location /java { proxy_pass http://java; }
                }
                """.formatted(
                        logging ? Peers.INSIDE + "/" + GROUP_LOG + " group" : "off",
                        scene.plain(),
                        scene.java(),
                        port,
                        Peers.INSIDE,
                        Scene.CHAIN,
                        Peers.INSIDE,
                        Scene.KEY);
        String name = logging ? "nginx-group" : "nginx-" + port;
        return start(scene.peers(), name, server, Launch.cores(pinned), port);
    }

    /** The upstream: a two-byte answer, and 100 MB under {@code /100m}. */
    static RunningProxy upstream(Peers peers) {
        int port = Launch.freePort();
        String server = """
                access_log off;
                server {
                  listen 127.0.0.1:%d backlog=4096;
                  root %s/www;
                  location / { return 200 "ok"; }
                  location /100m { }
                }
                """.formatted(port, Peers.INSIDE);
        return start(peers, "upstream", server, Launch.LOAD_CORE, port);
    }

    private static RunningProxy start(Peers peers, String name, String server, String cores, int port) {
        String file = peers.write(name + ".conf", """
                daemon off;
                user root;
                worker_processes 1;
                worker_rlimit_nofile 65536;
                pid %s/%s.pid;
                error_log stderr error;
                events { worker_connections 20000; }
                http {
                sendfile on;
                tcp_nopush on;
                keepalive_timeout 300s;
                keepalive_requests 1000000000;
                %s}
                """.formatted(Peers.INSIDE, name, server));
        return Launch.start(
                peers.command("nginx", "-e", "stderr", "-c", file),
                cores,
                port,
                peers.work().resolve(name + ".out"));
    }
}
