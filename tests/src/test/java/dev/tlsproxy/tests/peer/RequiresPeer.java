package dev.tlsproxy.tests.peer;

import java.lang.annotation.ElementType;
import java.lang.annotation.Inherited;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * Runs a test only where these programs are. Where one is missing the test is skipped by name with the reason; with
 * {@code -Dpeers.required=true} it fails instead.
 */
@Target({ElementType.TYPE, ElementType.METHOD})
@Retention(RetentionPolicy.RUNTIME)
@Inherited
@ExtendWith(RequiresPeerCondition.class)
public @interface RequiresPeer {
    Peer[] value();
}
