// Stand-ins for the parts of Android that the guide's code uses, as they are documented, so that it is
// compiled here too. They do nothing.
package android.content

import android.content.pm.PackageManager

abstract class Context {
    abstract val packageName: String
    abstract val packageManager: PackageManager
}
