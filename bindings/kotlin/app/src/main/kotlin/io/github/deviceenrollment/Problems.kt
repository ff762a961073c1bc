@file:JvmName("EnrollmentExceptions")

package io.github.deviceenrollment

/** What went wrong, whichever kind of error it is. */
@get:JvmName("problem")
public val EnrollmentException.problem: Problem
    get() = when (this) {
        is EnrollmentException.Misuse -> problem
        is EnrollmentException.Malformed -> problem
        is EnrollmentException.Unavailable -> problem
        is EnrollmentException.Internal -> problem
    }
