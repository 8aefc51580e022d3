package dev.tlsproxy;

import static com.tngtech.archunit.base.DescribedPredicate.describe;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.SimpleConditionEvent.violated;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaAccess;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaCodeUnit;
import com.tngtech.archunit.core.domain.JavaField;
import com.tngtech.archunit.core.domain.JavaMember;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ConditionEvents;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Which room may know which, and what no room may do in a guest of someone else's JVM. */
class ArchitectureTest {

    private static final JavaClasses MAIN = new ClassFileImporter()
            .withImportOption(new ImportOption.DoNotIncludeTests())
            .importPackages("dev.tlsproxy");

    @Test
    void arrowsBetweenRoomsPointDownOnly() {
        layeredArchitecture()
                .consideringOnlyDependenciesInLayers()
                .withOptionalLayers(true)
                .layer("root")
                .definedBy("dev.tlsproxy")
                .layer("listen")
                .definedBy("..internal.listen..")
                .layer("tls")
                .definedBy("..internal.tls..")
                .layer("http")
                .definedBy("..internal.http..")
                .layer("tunnel")
                .definedBy("..internal.tunnel..")
                .layer("upstream")
                .definedBy("..internal.upstream..")
                .layer("http1")
                .definedBy("..internal.http1..")
                .layer("http2")
                .definedBy("..internal.http2..")
                .layer("store")
                .definedBy("..internal.store..")
                .whereLayer("root")
                .mayNotBeAccessedByAnyLayer()
                .whereLayer("listen")
                .mayOnlyBeAccessedByLayers("root")
                .whereLayer("tls")
                .mayOnlyBeAccessedByLayers("root", "listen")
                .whereLayer("http")
                .mayOnlyBeAccessedByLayers("root", "listen", "tls")
                .whereLayer("tunnel")
                .mayOnlyBeAccessedByLayers("root", "listen", "tls", "http")
                .whereLayer("upstream")
                .mayOnlyBeAccessedByLayers("root", "listen", "tls", "http")
                .whereLayer("http2")
                .mayOnlyBeAccessedByLayers("upstream")
                .whereLayer("http1")
                .mayOnlyBeAccessedByLayers("upstream", "http2")
                .whereLayer("store")
                .mayOnlyBeAccessedByLayers("root", "listen", "tls", "http", "upstream")
                .check(MAIN);
    }

    @Test
    void spiNamesOnlyTypesOfTheJdkAndItsOwn() {
        classes()
                .that()
                .resideInAPackage("dev.tlsproxy.spi..")
                .should()
                .onlyDependOnClassesThat(
                        resideInAnyPackage("java..", "javax..", "dev.tlsproxy.spi..", "org.jspecify.."))
                .check(MAIN);
    }

    @Test
    void namesDependOnNoOtherRoom() {
        noClasses()
                .that()
                .resideInAPackage("..internal.names..")
                .should()
                .dependOnClassesThat(resideInAPackage("dev.tlsproxy..")
                        .and(DescribedPredicate.not(resideInAPackage("..internal.names.."))))
                .check(MAIN);
    }

    @Test
    void buffersDependOnNoOtherRoom() {
        noClasses()
                .that()
                .resideInAPackage("..internal.buffers..")
                .should()
                .dependOnClassesThat(resideInAPackage("dev.tlsproxy..")
                        .and(DescribedPredicate.not(resideInAPackage("..internal.buffers.."))))
                .check(MAIN);
    }

    @Test
    void packageInfoListsEveryFileOfItsPackage() throws IOException {
        List<Path> files;
        try (Stream<Path> all = Files.walk(Path.of("src/main/java"))) {
            files = all.filter(file -> file.toString().endsWith(".java"))
                    .filter(file -> !file.endsWith("package-info.java"))
                    .toList();
        }
        assertThat(files).isNotEmpty().allSatisfy(file -> {
            String name = file.getFileName().toString().replace(".java", "");
            assertThat(Files.readString(file.resolveSibling("package-info.java")))
                    .containsPattern("\\b" + name + "\\b");
        });
    }

    @Test
    void publicApiMentionsNoTypeOfItsParts() {
        classes()
                .that()
                .resideInAnyPackage("dev.tlsproxy", "dev.tlsproxy.spi..")
                .and()
                .arePublic()
                .should(mentionInTheirApiNoTypeOf(
                        "io.undertow", "org.xnio", "org.bouncycastle", "dev.tlsproxy.internal"))
                .check(MAIN);
    }

    @Test
    void internalTypesArePublicOnlyWhereAnotherRoomUsesThem() {
        classes()
                .that()
                .resideInAPackage("..internal..")
                .and()
                .arePublic()
                .and()
                .areTopLevelClasses()
                .should(beUsedInAnotherPackage())
                .check(MAIN);
    }

    @Test
    void timeAndOutputEnterByInterface() {
        noMember("java.lang.System", "currentTimeMillis");
        noMember("java.lang.Thread", "sleep");
        noMember("java.time.Instant", "now");
        noMember("java.lang.System", "out");
        noMember("java.lang.System", "err");
        noMember("java.lang.Throwable", "printStackTrace");
    }

    @Test
    void onlyTheBuilderChoosesTheSystemClock() {
        noClasses()
                .that()
                .doNotHaveFullyQualifiedName(TlsProxyBuilder.class.getName())
                .should()
                .callMethod(Clock.class, "systemUTC")
                .orShould()
                .callMethod(Clock.class, "systemDefaultZone")
                .check(MAIN);
    }

    @Test
    void theHostsJvmIsLeftAsItIs() {
        noMember("java.security.Security", "addProvider");
        noMember("java.security.Security", "insertProviderAt");
        noMember("java.security.Security", "setProperty");
        noMember("java.lang.System", "setProperty");
        noMember("java.lang.System", "exit");
        noMember("java.lang.Runtime", "addShutdownHook");
        noMember("javax.net.ssl.SSLContext", "setDefault");
        noMember("javax.net.ssl.HttpsURLConnection", "setDefaultSSLSocketFactory");
    }

    private static void noMember(String owner, String member) {
        noClasses()
                .should()
                .accessTargetWhere(describe(
                        "target is " + owner + "." + member,
                        (JavaAccess<?> access) -> access.getTarget().getName().equals(member)
                                && access.getTargetOwner().isAssignableTo(owner)))
                .check(MAIN);
    }

    private static ArchCondition<JavaClass> mentionInTheirApiNoTypeOf(String... packages) {
        return new ArchCondition<>("mention in their API no type of " + String.join(", ", packages)) {
            @Override
            public void check(JavaClass type, ConditionEvents events) {
                Stream<JavaClass> parents =
                        Stream.concat(type.getRawSuperclass().stream(), type.getRawInterfaces().stream());
                Map<String, Set<JavaClass>> mentions = type.getMembers().stream()
                        .filter(ArchitectureTest::isApi)
                        .collect(Collectors.toMap(
                                JavaMember::getFullName, ArchitectureTest::mentioned, (one, other) -> one));
                mentions.put(type.getFullName(), parents.collect(Collectors.toSet()));
                mentions.forEach((where, types) -> types.stream()
                        .filter(named -> Stream.of(packages)
                                .anyMatch(part -> named.getBaseComponentType()
                                        .getPackageName()
                                        .startsWith(part)))
                        .forEach(named -> events.add(violated(type, where + " mentions " + named.getName()))));
            }
        };
    }

    private static boolean isApi(JavaMember member) {
        return member.getModifiers().contains(JavaModifier.PUBLIC)
                || member.getModifiers().contains(JavaModifier.PROTECTED);
    }

    private static Set<JavaClass> mentioned(JavaMember member) {
        if (member instanceof JavaCodeUnit codeUnit) {
            return Stream.of(
                            codeUnit.getReturnType().getAllInvolvedRawTypes().stream(),
                            codeUnit.getParameterTypes().stream()
                                    .flatMap(type -> type.getAllInvolvedRawTypes().stream()),
                            codeUnit.getExceptionTypes().stream())
                    .flatMap(types -> types)
                    .collect(Collectors.toSet());
        }
        return ((JavaField) member).getType().getAllInvolvedRawTypes();
    }

    private static ArchCondition<JavaClass> beUsedInAnotherPackage() {
        return new ArchCondition<>("be used in another package") {
            @Override
            public void check(JavaClass type, ConditionEvents events) {
                // a sealed type may be named by its nested types only
                boolean used = type.getPackage().getClasses().stream()
                        .filter(part -> part.equals(type) || part.getName().startsWith(type.getName() + "$"))
                        .flatMap(part -> part.getDirectDependenciesToSelf().stream())
                        .anyMatch(use -> !use.getOriginClass().getPackageName().equals(type.getPackageName()));
                if (!used) {
                    events.add(violated(type, type.getName() + " is public and used in its own package only"));
                }
            }
        };
    }
}
