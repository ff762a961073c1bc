import Foundation

/// Times at the border are Unix milliseconds: a `Date` is a floating-point number, and what is
/// compared, stored or hashed has to be the same number on every side.
extension Int64 {
    /// The millisecond that a date is in.
    ///
    /// - Parameter date: a date of the years 1970 to 9999. What is further away is an error of the
    ///   call that it is handed to.
    public init(unixMillisOf date: Date) {
        let millis = (date.timeIntervalSince1970 * 1000).rounded(.down)
        self = Int64(exactly: millis) ?? (millis < 0 ? .min : .max)
    }
}

extension Date {
    /// The beginning of a millisecond, for showing. Compare the milliseconds, not the dates.
    public init(unixMillis: Int64) {
        self.init(timeIntervalSince1970: Double(unixMillis) / 1000)
    }
}
