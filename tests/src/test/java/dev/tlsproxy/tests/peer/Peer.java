package dev.tlsproxy.tests.peer;

import java.util.regex.Pattern;

/** A program of Debian that a test talks to, in whose hands it is what it is for our users. */
public enum Peer {
    APACHE("apache2", "apache2-bin", "-v", "Apache/2"),
    ARIA2("aria2c", "aria2", "--version", "aria2 version"),
    CERTUTIL("certutil", "libnss3-tools", "-H", ""),
    CHROMIUM("chromium", "chromium", "--version", "Chromium"),
    CURL("curl", "curl", "--version", "HTTP2"),
    /** Not of Debian: {@code .ci/run} builds it with Go. */
    H2SPEC("h2spec", "none: go install github.com/summerwind/h2spec/cmd/h2spec@latest", "--version", "Version: "),
    HAPROXY("haproxy", "haproxy", "-v", "HAProxy version"),
    MOSQUITTO("mosquitto", "mosquitto", "-h", "MQTT"),
    NGINX("nginx", "nginx-light", "-V", "http_dav_module"),
    /** Debian 13's; the first with X25519MLKEM768 is 3.5. */
    OPENSSL("openssl", "openssl 3.5", "version", "OpenSSL (3\\.([5-9]|[1-9]\\d)|[4-9])"),
    OPENTRACKER("opentracker", "opentracker", "-h", "whitelistfile"),
    NODE("node", "nodejs", "--version", "v\\d"),
    /** The module is where Debian puts it, whichever node is first on the path. */
    NODE_WS(
            "node",
            "node-ws",
            "-e console.log(require('/usr/share/nodejs/ws').WebSocketServer.name)",
            "WebSocketServer"),
    PYTHON_H2("python3", "python3-h2", "-c import h2.connection; print('h2 there')", "h2 there"),
    PYTHON_PAHO("python3", "python3-paho-mqtt", "-c import paho.mqtt.client; print('paho there')", "paho there"),
    /** Serves noVNC's page as well, of Debian's package {@code novnc}. */
    WEBSOCKIFY("websockify", "novnc and websockify", "--help", "--web"),
    XTIGERVNC("Xtigervnc", "tigervnc-standalone-server", "-version", "TigerVNC");

    private final String program;
    private final String debianPackage;
    private final String probe;
    private final Pattern expected;

    Peer(String program, String debianPackage, String probe, String expected) {
        this.program = program;
        this.debianPackage = debianPackage;
        this.probe = probe;
        this.expected = Pattern.compile(expected);
    }

    String program() {
        return program;
    }

    String debianPackage() {
        return debianPackage;
    }

    /** Arguments with which the program tells what it is: one, or two where the first is an option with a value. */
    String[] probe() {
        return probe.split(" ", 2);
    }

    boolean isToldBy(String output) {
        return expected.matcher(output).find();
    }
}
