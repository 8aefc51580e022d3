package dev.tlsproxy.examples;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tlsproxy.ProxyAddresses;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class DemoTextTest {

    @Test
    void printsUrlsAndACommandThatNeedsNoDns() {
        assertThat(DemoText.of(listening("127.0.0.1", 8443), Path.of("/store/local-ca.crt")))
                .contains("https://api.localhost:8443/api/v1/stats\n")
                .contains("https://tracker.localhost:8443/announce\n")
                .contains("https://grafana.localhost:8443/\n")
                .contains("curl --cacert '/store/local-ca.crt' --resolve api.localhost:8443:127.0.0.1"
                        + " 'https://api.localhost:8443/api/v1/stats'\n");
    }

    @Test
    void quotesForTheShellAndConnectsToThisMachine() {
        assertThat(DemoText.of(listening("0.0.0.0", 443), Path.of("/it's mine/local-ca.crt")))
                .contains("curl --cacert '/it'\\''s mine/local-ca.crt' --resolve api.localhost:443:127.0.0.1"
                        + " 'https://api.localhost/api/v1/stats'\n");
    }

    @Test
    void readyLineNamesPortsAndFile() {
        assertThat(ReadyLine.of(listening("::1", 8443), Optional.of(Path.of("/a b/local-ca.crt"))))
                .isEqualTo("ready https=[0:0:0:0:0:0:0:1]:8443 http=127.0.0.1:8080 ca=/a b/local-ca.crt");
        ProxyAddresses withoutHttp = new ProxyAddresses(new InetSocketAddress("127.0.0.1", 1), Optional.empty());
        assertThat(ReadyLine.of(withoutHttp, Optional.empty())).isEqualTo("ready https=127.0.0.1:1 http=none ca=none");
    }

    private static ProxyAddresses listening(String address, int port) {
        return new ProxyAddresses(
                new InetSocketAddress(address, port), Optional.of(new InetSocketAddress("127.0.0.1", 8080)));
    }
}
