package android.content.pm

class Signature(private val certificate: ByteArray) {
    fun toByteArray(): ByteArray = certificate
}

class SigningInfo(val signingCertificateHistory: Array<Signature>)

class PackageInfo {
    val signingInfo: SigningInfo? = null
}

abstract class PackageManager {
    abstract fun getPackageInfo(packageName: String, flags: Int): PackageInfo

    companion object {
        const val GET_SIGNING_CERTIFICATES: Int = 0x08000000
    }
}
