package dev.tlsproxy.tests.peer;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.extension.ConditionEvaluationResult;
import org.junit.jupiter.api.extension.ExecutionCondition;
import org.junit.jupiter.api.extension.ExtensionConfigurationException;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.platform.commons.support.AnnotationSupport;

/** Decides for {@link RequiresPeer}. */
final class RequiresPeerCondition implements ExecutionCondition {

    @Override
    public ConditionEvaluationResult evaluateExecutionCondition(ExtensionContext context) {
        List<String> missing = new ArrayList<>();
        AnnotationSupport.findAnnotation(context.getElement(), RequiresPeer.class)
                .ifPresent(required -> {
                    for (Peer peer : required.value()) {
                        RealPeer.reasonMissing(peer).ifPresent(missing::add);
                    }
                });
        if (missing.isEmpty()) {
            return ConditionEvaluationResult.enabled("every real peer is there");
        }
        String reason = "real peer missing: " + String.join("; ", missing);
        if (Boolean.getBoolean("peers.required")) {
            throw new ExtensionConfigurationException(reason);
        }
        return ConditionEvaluationResult.disabled(reason);
    }
}
