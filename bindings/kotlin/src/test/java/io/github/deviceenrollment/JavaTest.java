package io.github.deviceenrollment;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The facade as Java calls it. */
class JavaTest {
    private final ByteString challenge = ByteString.of(new byte[] {1, 2, 3, 4});
    private final ExpectedRegistration expected = DeviceEnrollment.expectRegistration(
            challenge, "bank.example", List.of("https://bank.example"));

    @Test
    void aRequestThatIsNoneIsMalformed() throws EnrollmentException {
        try (DeviceEnrollment enrollment = DeviceEnrollment.open()) {
            Outcome<CredentialToStore> outcome = enrollment.register("{}", expected, Instant.now());
            Outcome.Malformed malformed = assertInstanceOf(Outcome.Malformed.class, outcome);
            assertEquals("EN-1", malformed.getRefusal().getCheck());
        }
    }

    @Test
    void whatIsWrongIsAnExceptionWithACode() {
        EnrollmentException error = assertThrows(
                EnrollmentException.Malformed.class, () -> AppEnrollment.deviceCredential("no JSON"));
        assertEquals("malformed.json", EnrollmentExceptions.problem(error).getCode());
    }

    @Test
    void aPreflightSpeaksPortuguese() throws EnrollmentException {
        PreflightReport report = AppEnrollment.preflight("{}", expected);
        assertEquals(report.getRefusal().getTextPt(), report.getMessage());
    }
}
