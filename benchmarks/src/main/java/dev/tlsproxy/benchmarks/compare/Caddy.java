package dev.tlsproxy.benchmarks.compare;

/** Caddy as it comes, without its own certificates, HTTP/3 and session tickets. Debian 13's knows no hybrid group. */
final class Caddy implements Contender {

    @Override
    public String name() {
        return "Caddy";
    }

    @Override
    public boolean compilesWhileRunning() {
        return false;
    }

    @Override
    public RunningProxy start(Scene scene, boolean pinned) {
        int port = Launch.freePort();
        String file = scene.peers().write("caddy-" + port + ".json", """
                        {"admin": {"disabled": true},
                         "logging": {"logs": {"default": {"level": "ERROR"}}},
                         "apps": {
                          "tls": {
                           "certificates": {"load_files": [{"certificate": "%s/%s", "key": "%s/%s"}]},
                           "session_tickets": {"disabled": true}},
                          "http": {"servers": {"one": {
                           "listen": ["127.0.0.1:%d"],
                           "protocols": ["h1", "h2"],
                           "automatic_https": {"disable": true},
                           "tls_connection_policies": [{}],
                           "routes": [
                            {"match": [{"path": ["/java*"]}], "terminal": true,
                             "handle": [{"handler": "reverse_proxy", "flush_interval": -1,
                              "upstreams": [{"dial": "%s"}]}]},
                            {"handle": [{"handler": "reverse_proxy", "upstreams": [{"dial": "%s"}]}]}]}}}}}
                        """.formatted(
                        Peers.INSIDE, Scene.CHAIN, Peers.INSIDE, Scene.KEY, port, scene.java(), scene.plain()));
        return Launch.start(
                scene.peers().command("env", "HOME=/tmp", "caddy", "run", "--config", file),
                Launch.cores(pinned),
                port,
                scene.peers().work().resolve("caddy.out"));
    }
}
