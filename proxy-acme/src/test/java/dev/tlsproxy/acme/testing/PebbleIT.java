package dev.tlsproxy.acme.testing;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class PebbleIT {

    @ParameterizedTest
    @MethodSource("dev.tlsproxy.acme.testing.Pebble#binaries")
    void startsAgainWithANewRootOnTheSamePort(Path binary) {
        try (Pebble pebble = Pebble.start(binary, PebbleOptions.defaults())) {
            var before = pebble.root(0);
            var directory = pebble.directory();
            pebble.restart();
            assertThat(pebble.root(0)).isNotEqualTo(before);
            assertThat(pebble.directory()).isEqualTo(directory);
            pebble.dns().setTxt("_acme-challenge.example.com", "x");
            pebble.dns().clearTxt("_acme-challenge.example.com");
        }
    }
}
