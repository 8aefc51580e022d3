package dev.tlsproxy.benchmarks.compare;

/** HAProxy with one thread. */
final class HaProxy implements Contender {

    @Override
    public String name() {
        return "HAProxy";
    }

    @Override
    public boolean compilesWhileRunning() {
        return false;
    }

    @Override
    public RunningProxy start(Scene scene, boolean pinned) {
        int port = Launch.freePort();
        String file = scene.peers().write("haproxy-" + port + ".cfg", """
                        global
                          nbthread 1
                          maxconn 9000
                          tune.ssl.cachesize 0
                          ssl-default-bind-options ssl-min-ver TLSv1.2 no-tls-tickets
                          ssl-default-bind-curves X25519MLKEM768:X25519:secp256r1:secp384r1
                        defaults
                          mode http
                          option forwardfor
                          http-reuse always
                          timeout connect 5s
                          timeout client 300s
                          timeout server 300s
                          timeout http-keep-alive 300s
                          timeout tunnel 1h
                        frontend tls
                          bind 127.0.0.1:%d ssl crt %s/%s alpn h2,http/1.1 backlog 4096
                          use_backend java if { path_beg /java }
                          default_backend plain
                        backend plain
                          server one %s
                        backend java
                          server one %s
                        """.formatted(
                        port, Peers.INSIDE, Scene.CHAIN_AND_KEY, scene.plain(), scene.java()));
        return Launch.start(
                scene.peers().command("haproxy", "-f", file),
                Launch.cores(pinned),
                port,
                scene.peers().work().resolve("haproxy.out"));
    }
}
