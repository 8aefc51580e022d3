package outside;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tlsproxy.TlsProxy;
import java.io.IOException;
import java.net.URI;
import java.net.URL;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.Map;
import java.util.jar.Manifest;
import javax.net.ssl.SSLHandshakeException;
import org.junit.jupiter.api.Test;

/** The dependency works from outside: it compiles, it serves, and it brings the versions that it was tested with. */
class SecureHelloTest {

    @Test
    void answersAClientThatVerifies() throws Exception {
        try (SecureHello hello = SecureHello.start()) {
            HttpClient client = HttpClient.newBuilder()
                    .sslContext(hello.proxy().trustedSslContext())
                    .build();
            HttpResponse<String> response = client.send(request(hello), BodyHandlers.ofString());
            assertEquals(200, response.statusCode());
            assertEquals("hello", response.body());
            assertEquals(HttpClient.Version.HTTP_2, response.version());
            assertEquals("TLSv1.3", response.sslSession().orElseThrow().getProtocol());
        }
    }

    @Test
    void clientWithoutItsCaRefuses() throws Exception {
        try (SecureHello hello = SecureHello.start()) {
            assertThrows(
                    SSLHandshakeException.class,
                    () -> HttpClient.newHttpClient().send(request(hello), BodyHandlers.discarding()));
        }
    }

    @Test
    void bringsTheDependenciesItWasTestedWith() throws Exception {
        Map<String, String> tested = Map.of(
                "org.bouncycastle.jce.provider.BouncyCastleProvider", "bcprov-jdk18on-1.87.jar",
                "org.bouncycastle.asn1.cms.ContentInfo", "bcutil-jdk18on-1.87.jar",
                "org.bouncycastle.cert.X509CertificateHolder", "bcpkix-jdk18on-1.87.jar",
                "org.bouncycastle.jsse.provider.BouncyCastleJsseProvider", "bctls-jdk18on-1.84.jar",
                "io.undertow.Undertow", "undertow-core-2.4.4.Final.jar");
        for (Map.Entry<String, String> each : tested.entrySet()) {
            assertEquals(each.getValue(), jarOf(each.getKey()), each.getKey());
        }
    }

    @Test
    void isAModuleWithItsName() throws IOException {
        URL manifest = URI.create("jar:" + TlsProxy.class.getProtectionDomain().getCodeSource().getLocation()
                        + "!/META-INF/MANIFEST.MF")
                .toURL();
        try (var in = manifest.openStream()) {
            String name = new Manifest(in).getMainAttributes().getValue("Automatic-Module-Name");
            assertTrue("dev.tlsproxy.core".equals(name), name);
        }
    }

    private static HttpRequest request(SecureHello hello) {
        return HttpRequest.newBuilder(hello.proxy().uri("localhost")).build();
    }

    private static String jarOf(String type) throws ClassNotFoundException {
        String location = Class.forName(type)
                .getProtectionDomain()
                .getCodeSource()
                .getLocation()
                .getPath();
        return location.substring(location.lastIndexOf('/') + 1);
    }
}
