package dev.tlsproxy.internal.listen;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class HandshakePlacesTest {

    private final List<String> gaveWay = new ArrayList<>();

    @Test
    void theOldestOfTheClientWithMostGivesWay() {
        HandshakePlaces places = new HandshakePlaces(4);
        enter(places, "a", "a1");
        enter(places, "b", "b1");
        enter(places, "b", "b2");
        enter(places, "b", "b3");

        assertThat(enter(places, "c", "c1")).isPresent();
        assertThat(gaveWay).containsExactly("b1");
        assertThat(places.taken()).isEqualTo(4);
    }

    @Test
    void aClientWithManyFindsNoPlace() {
        HandshakePlaces places = new HandshakePlaces(4);
        for (int i = 0; i < 2; i++) {
            enter(places, "a", "a" + i);
            enter(places, "b", "b" + i);
        }

        assertThat(enter(places, "a", "a2")).isEmpty();
        assertThat(gaveWay).isEmpty();
    }

    @Test
    void nobodyGivesWayToOneThatWouldHoldAsMany() {
        HandshakePlaces places = new HandshakePlaces(2);
        enter(places, "a", "a1");
        enter(places, "b", "b1");

        assertThat(enter(places, "c", "c1")).isEmpty();
        assertThat(gaveWay).isEmpty();
    }

    @Test
    void aPlaceThatWasLeftIsFreeAndGivesNoWay() {
        HandshakePlaces places = new HandshakePlaces(2);
        HandshakePlaces.Place first = enter(places, "a", "a1").orElseThrow();
        enter(places, "a", "a2");

        assertThat(first.leave()).isTrue();
        assertThat(first.leave()).isFalse();
        assertThat(enter(places, "b", "b1")).isPresent();
        assertThat(gaveWay).isEmpty();
        assertThat(places.taken()).isEqualTo(2);
    }

    @Test
    void aPlaceThatGaveWayIsNotLeftAgain() {
        HandshakePlaces places = new HandshakePlaces(2);
        HandshakePlaces.Place first = enter(places, "a", "a1").orElseThrow();
        enter(places, "a", "a2");
        enter(places, "b", "b1");

        assertThat(first.leave()).isFalse();
        assertThat(places.taken()).isEqualTo(2);
    }

    /** A few clients that take every free place, against others that come one by one and stay. */
    @Test
    void aFewClientsKeepNobodyOut() {
        HandshakePlaces places = new HandshakePlaces(400);
        for (int i = 0; i < 4000; i++) {
            enter(places, "greedy" + i % 4, "greedy");
        }
        for (int i = 0; i < 300; i++) {
            assertThat(enter(places, "other" + i, "other" + i)).isPresent();
            enter(places, "greedy" + i % 4, "greedy");
        }
        assertThat(gaveWay).hasSize(300).containsOnly("greedy");
        assertThat(places.taken()).isEqualTo(400);
    }

    private Optional<HandshakePlaces.Place> enter(HandshakePlaces places, String client, String name) {
        return places.enter(client, () -> gaveWay.add(name));
    }
}
