import Foundation

extension TextLanguage {
    /// The language of a locale: Portuguese where it is Portuguese, English otherwise.
    public init(_ locale: Locale) {
        self = locale.identifier.lowercased().hasPrefix("pt") ? .ptBr : .enUs
    }

    /// The language of the person who uses the app.
    public static var current: TextLanguage {
        TextLanguage(Locale(identifier: Locale.preferredLanguages.first ?? "en"))
    }
}

extension Problem {
    /// The sentence for people.
    public func text(in language: TextLanguage = .current) -> String {
        language == .ptBr ? textPt : textEn
    }
}

extension RefusalRecord {
    /// The reason as a sentence for people.
    public func text(in language: TextLanguage = .current) -> String {
        language == .ptBr ? textPt : textEn
    }
}

extension EnrollmentError {
    /// What went wrong, whichever of the four kinds it is.
    public var problem: Problem {
        switch self {
        case .Misuse(let problem), .Malformed(let problem), .Unavailable(let problem),
            .Internal(let problem):
            problem
        }
    }
}

/// `localizedDescription` is the sentence in the language of the person who uses the app.
extension EnrollmentError: LocalizedError {
    public var errorDescription: String? {
        problem.text()
    }
}
