package io.github.deviceenrollment.guide

import android.content.Context
import android.content.pm.PackageManager
import io.github.deviceenrollment.androidOrigin

/** The origin under which this installation of the app runs ceremonies. */
fun originOf(context: Context): String {
    val info = context.packageManager
        .getPackageInfo(context.packageName, PackageManager.GET_SIGNING_CERTIFICATES)
    // The certificate that signs now; those before a rotation stand ahead of it.
    val certificate = info.signingInfo!!.signingCertificateHistory.last().toByteArray()
    return androidOrigin(certificate)
}
