package dev.tlsproxy.tests.peer;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * A program that was found. Looked for, in this order: system property {@code peer.PROGRAM}, environment variable
 * {@code TLSPROXY_PEER_PROGRAM} (both the path of the program), {@code PATH}, and inside the Debian root named by system
 * property {@code peers} or environment variable {@code TLSPROXY_PEERS} (made by {@code .ci/peers}; entered with chroot,
 * so for root only). The first that tells the expected version wins.
 */
public final class RealPeer {

    private static final Duration PROBE = Duration.ofSeconds(20);
    private static final Map<Peer, Optional<RealPeer>> FOUND = new EnumMap<>(Peer.class);

    private final List<String> command;
    private final Optional<Path> root;

    private RealPeer(List<String> command, Optional<Path> root) {
        this.command = List.copyOf(command);
        this.root = root;
    }

    /** The program; fails the test where it is missing, so ask for it with {@link RequiresPeer}. */
    public static RealPeer of(Peer peer) {
        return find(peer)
                .orElseThrow(() -> new IllegalStateException(
                        reasonMissing(peer).orElseThrow() + " (annotate the test with @RequiresPeer)"));
    }

    /** For a program that may be missing even where {@code peers.required} is set. */
    public static boolean isThere(Peer peer) {
        return find(peer).isPresent();
    }

    static Optional<String> reasonMissing(Peer peer) {
        return find(peer).isPresent()
                ? Optional.empty()
                : Optional.of(peer.program() + " (Debian package " + peer.debianPackage()
                        + ") is neither on PATH nor in" + " the Debian root "
                        + peersRoot().map(Path::toString).orElse("(TLSPROXY_PEERS is not set)"));
    }

    /** A new directory that the program sees, named after what it is for. */
    public Path newDirectory(String name) {
        try {
            Path parent = root.map(path -> path.resolve("tmp")).orElse(Path.of(System.getProperty("java.io.tmpdir")));
            return Files.createTempDirectory(parent, "real-peer-" + name + "-");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The name under which the program sees a file of one of its directories. */
    public String seen(Path file) {
        return root.map(path -> "/" + path.relativize(file)).orElse(file.toString());
    }

    /** Starts the program in a directory of its own; the caller closes it. */
    public PeerProcess start(Path directory, List<String> arguments) {
        return start(directory, arguments, Map.of());
    }

    /** Starts the program with some environment variables changed. */
    public PeerProcess start(Path directory, List<String> arguments, Map<String, String> environment) {
        List<String> all = new ArrayList<>(command);
        all.addAll(arguments);
        return PeerProcess.start(all, directory, environment);
    }

    /** Runs the program to its end, which must come within the time. */
    public PeerProcess.Result run(Path directory, Duration atMost, String... arguments) {
        try (PeerProcess process = start(directory, List.of(arguments))) {
            return process.awaitEnd(atMost);
        }
    }

    private static synchronized Optional<RealPeer> find(Peer peer) {
        return FOUND.computeIfAbsent(
                peer,
                wanted -> candidates(wanted)
                        .filter(candidate -> candidate.is(wanted))
                        .findFirst());
    }

    private static Stream<RealPeer> candidates(Peer peer) {
        String variable = "TLSPROXY_PEER_" + peer.name();
        Stream<String> named = Stream.of(System.getProperty("peer." + peer.program()), System.getenv(variable))
                .filter(path -> path != null && !path.isBlank());
        Stream<String> onPath = Stream.concat(
                        Stream.of(System.getenv("PATH").split(":")), Stream.of("/usr/bin", "/usr/sbin"))
                .map(folder -> Path.of(folder, peer.program()))
                .filter(Files::isExecutable)
                .map(Path::toString);
        Stream<RealPeer> here = Stream.concat(named, onPath).map(path -> new RealPeer(List.of(path), Optional.empty()));
        Stream<RealPeer> inRoot = peersRoot().stream()
                .filter(root -> "root".equals(System.getProperty("user.name")))
                .map(root -> new RealPeer(List.of("chroot", root.toString(), peer.program()), Optional.of(root)));
        return Stream.concat(here, inRoot);
    }

    private boolean is(Peer peer) {
        Path directory = newDirectory("probe");
        try {
            return peer.isToldBy(run(directory, PROBE, peer.probe()).output());
        } catch (PeerFailure e) {
            return false;
        } finally {
            PeerProcess.delete(directory);
        }
    }

    private static Optional<Path> peersRoot() {
        return Stream.of(System.getProperty("peers"), System.getenv("TLSPROXY_PEERS"))
                .filter(path -> path != null && !path.isBlank())
                .map(Path::of)
                .filter(path -> Files.isDirectory(path.resolve("tmp")))
                .findFirst();
    }
}
