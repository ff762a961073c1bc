//! The catalogue: every check that a verification can name, once.
//!
//! Ids are stable: never renumbered, never reused. A check that belongs to no step of the
//! Recommendation is marked `beyond`; it is judged only where a policy turns it on.

use serde::{Serialize, Serializer};

use crate::language::Language;

/// Declares the catalogue. Each row makes one variant of [`CheckId`] and one marker type in
/// [`marker`], so that a proof ([`super::Settled`]) can carry its check in its type.
macro_rules! checks {
    ($($name:ident $id:literal $scope:ident $anchor:literal
        $english:literal $portuguese:literal;)+) => {
        /// The stable id of one check. `as_str` gives the form that stands in a verdict (`X-11`).
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum CheckId {
            $(#[doc = concat!("`", $id, "`: ", $english, ".")] $name,)+
        }

        impl CheckId {
            /// Every check of the catalogue, in its order.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];

            /// The id as it stands in a verdict, for example `PK-13`.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $id),+ }
            }

            /// Where the rule comes from: a section anchor of WebAuthn Level 3, or the document
            /// that a check beyond the Recommendation is taken from.
            #[must_use]
            pub const fn specification(self) -> &'static str {
                match self { $(Self::$name => $anchor),+ }
            }

            /// Whether no step of the Recommendation demands this check.
            #[must_use]
            pub const fn is_beyond(self) -> bool {
                match self { $(Self::$name => scope!($scope)),+ }
            }

            /// The rule in one clause.
            #[must_use]
            pub const fn title(self, language: Language) -> &'static str {
                match language {
                    Language::EnUs => match self { $(Self::$name => $english),+ },
                    Language::PtBr => match self { $(Self::$name => $portuguese),+ },
                }
            }
        }

        /// One type for each check: what [`super::Settled`] is a proof of.
        pub(crate) mod marker {
            $(#[derive(Debug)] pub(crate) struct $name;
            impl super::Marker for $name { const ID: super::CheckId = super::CheckId::$name; })+
        }
    };
}

macro_rules! scope {
    (spec) => {
        false
    };
    (beyond) => {
        true
    };
}

/// A type that names a check at compile time.
pub(crate) trait Marker {
    const ID: CheckId;
}

checks! {
    // The envelope: the request around the response.
    En1 "EN-1" spec "webauthn-3#dictdef-registrationresponsejson" "every required member is present" "todo membro obrigatório está presente";
    En2 "EN-2" spec "webauthn-3#dictdef-registrationresponsejson" "every member has its JSON type" "todo membro tem o seu tipo JSON";
    En3 "EN-3" spec "webauthn-3#base64url-encoding" "every binary member decodes under the base64 reading in force" "todo membro binário decodifica segundo a leitura base64 em vigor";
    En4 "EN-4" spec "webauthn-3#dom-publickeycredential-rawid-slot" "the id is the raw id" "o id é igual ao raw id";
    En5 "EN-5" spec "webauthn-3#enum-credentialType" "the credential type is public-key" "o tipo da credencial é public-key";

    // Client data.
    Cd1 "CD-1" spec "webauthn-3#dictionary-client-data" "client data is UTF-8 JSON, an object, without duplicate members" "os dados do cliente são JSON UTF-8, um objeto, sem membros duplicados";
    Cd2 "CD-2" spec "webauthn-3#dom-collectedclientdata-type" "the client data type is that of the ceremony" "o tipo dos dados do cliente é o da cerimônia";
    Cd3 "CD-3" spec "webauthn-3#sctn-validating-origin" "the origin is one that the relying party expects" "a origem é uma das esperadas pela relying party";
    Cd4 "CD-4" spec "webauthn-3#dom-collectedclientdata-toporigin" "a cross-origin ceremony and its top origin are allowed" "a cerimônia cross-origin e a sua origem superior são permitidas";
    Cd5 "CD-5" beyond "webauthn-3#clientdatajson-verification" "the client data follows the serialization of the specification" "os dados do cliente seguem a serialização da especificação";
    Cd6 "CD-6" beyond "Android FIDO2 API, androidPackageName" "the Android package is the expected one" "o pacote Android é o esperado";
    Cd7 "CD-7" spec "webauthn-3#dom-collectedclientdata-challenge" "the challenge is the one that was issued" "o desafio é o que foi emitido";

    // Rules that hold for every format.
    X1 "X-1" spec "webauthn-3#sctn-generating-an-attestation-object" "the attestation object is one strict canonical CBOR item" "o objeto de atestação é um único item CBOR canônico estrito";
    X2 "X-2" spec "webauthn-3#sctn-defined-attestation-formats" "the attestation statement has exactly the members of its format" "a declaração de atestação tem exatamente os membros do seu formato";
    X3 "X-3" spec "webauthn-3#sctn-authenticator-data" "authenticator data is well formed to its last byte" "os dados do autenticador são bem formados até o último byte";
    X4 "X-4" beyond "webauthn-3#authdata-flags" "the reserved flag bits are zero" "os bits de flag reservados são zero";
    X5 "X-5" spec "webauthn-3#sctn-credential-backup" "backup state is not set without backup eligibility" "o estado de backup não está ligado sem elegibilidade de backup";
    X6 "X-6" spec "webauthn-3#concept-user-present" "the user was present" "o usuário estava presente";
    X7 "X-7" spec "webauthn-3#concept-user-verified" "the user was verified where that is required" "o usuário foi verificado quando isso é exigido";
    X8 "X-8" spec "webauthn-3#sctn-attested-credential-data" "the credential id has 1 to 1023 bytes and is the same everywhere" "o id da credencial tem de 1 a 1023 bytes e é o mesmo em toda parte";
    X9 "X-9" spec "webauthn-3#sctn-alg-identifier" "the credential public key is well formed, fits its algorithm, and the algorithm was asked for" "a chave pública da credencial é bem formada, condiz com o seu algoritmo, e o algoritmo foi pedido";
    X10 "X-10" spec "webauthn-3#sctn-public-key-easy" "unsigned copies equal what the attestation object says" "as cópias não assinadas são iguais ao que diz o objeto de atestação";
    X11 "X-11" spec "webauthn-3#reg-ceremony-assess-trust" "the certificate path ends at a configured trust anchor" "o caminho de certificados termina em uma âncora de confiança configurada";
    X12 "X-12" spec "RFC 5280 section 6.1" "every issuer may issue: CA flag, path length, key usage, names, signature algorithm" "todo emissor pode emitir: flag de CA, comprimento do caminho, uso da chave, nomes, algoritmo de assinatura";
    X13 "X-13" spec "RFC 5280 section 4.1.2.5" "every certificate of the path is within its dates" "todo certificado do caminho está dentro de suas datas";
    X14 "X-14" spec "webauthn-3#sctn-packed-attestation-cert-requirements" "the AAGUID extension is well formed" "a extensão AAGUID é bem formada";
    X15 "X-15" beyond "RFC 5280 section 4.2" "certificates are well formed DER without duplicate extensions" "os certificados são DER bem formado sem extensões duplicadas";
    X16 "X-16" spec "webauthn-3#sctn-none-attestation" "a none statement is an empty map" "uma declaração none é um mapa vazio";
    X17 "X-17" spec "webauthn-3#reg-ceremony-verify-attestation" "the attestation format is known and verified here" "o formato de atestação é conhecido e verificado aqui";

    // The ceremonies.
    Rp1 "RP-1" spec "webauthn-3#authdata-rpidhash" "the RP ID hash is that of the relying party" "o hash do RP ID é o da relying party";
    Rp2 "RP-2" spec "webauthn-3#sctn-appid-extension" "an AppID stands in for the RP ID only where the extension was asked for" "um AppID substitui o RP ID somente onde a extensão foi pedida";
    Rg1 "RG-1" spec "webauthn-3#sctn-registering-a-new-credential" "the credential id is not registered yet" "o id da credencial ainda não está registrado";
    Rg2 "RG-2" spec "webauthn-3#dictdef-authenticatorselectioncriteria" "attachment, discoverability and exclude list are what was asked for" "attachment, descobribilidade e lista de exclusão são o que foi pedido";
    Ex1 "EX-1" spec "webauthn-3#sctn-extensions" "no extension output that was not asked for" "nenhuma saída de extensão que não foi pedida";
    Ex2 "EX-2" spec "webauthn-3#sctn-defined-extensions" "every known extension output is well formed" "toda saída de extensão conhecida é bem formada";
    Ex3 "EX-3" spec "CTAP 2.2 section 12.1" "credProtect is at least the level asked for" "credProtect é pelo menos o nível pedido";
    As1 "AS-1" spec "webauthn-3#sctn-verifying-assertion" "the credential is the account's own and on the allow list" "a credencial é da própria conta e está na lista permitida";
    As2 "AS-2" spec "webauthn-3#dom-authenticatorassertionresponse-userhandle" "the user handle is the stored one" "o user handle é o armazenado";
    As3 "AS-3" spec "webauthn-3#sctn-verifying-assertion" "the assertion signature verifies under the stored key" "a assinatura da asserção verifica com a chave armazenada";
    As4 "AS-4" spec "webauthn-3#sctn-sign-counter" "the signature counter has grown, or both are zero" "o contador de assinaturas cresceu, ou ambos são zero";
    As5 "AS-5" spec "webauthn-3#sctn-credential-backup" "backup eligibility is as it was at registration" "a elegibilidade de backup é a mesma do registro";
    Po1 "PO-1" spec "webauthn-3#reg-ceremony-assess-trust" "the policy accepts the attestation format" "a política aceita o formato de atestação";
    Po2 "PO-2" spec "webauthn-3#reg-ceremony-assess-trust" "the policy accepts the attestation type" "a política aceita o tipo de atestação";
    Po3 "PO-3" spec "webauthn-3#reg-ceremony-assess-trust" "the policy accepts the AAGUID" "a política aceita o AAGUID";
    Po4 "PO-4" spec "webauthn-3#reg-ceremony-assess-trust" "the policy accepts the algorithm" "a política aceita o algoritmo";
    Po5 "PO-5" beyond "webauthn-3#sctn-credential-backup" "the policy accepts keys that can be backed up" "a política aceita chaves que podem ter backup";
    Po6 "PO-6" beyond "Apple App Attest, Android key attestation" "device evidence is there where the policy asks for it, and verifies" "a evidência do dispositivo está presente quando a política a pede, e verifica";

    // packed.
    Pk1 "PK-1" spec "webauthn-3#sctn-packed-attestation" "alg and sig are present, and x5c is a non-empty array where it is present" "alg e sig estão presentes, e x5c é um array não vazio quando presente";
    Pk2 "PK-2" beyond "webauthn-3#sctn-packed-attestation" "the statement is not ECDAA" "a declaração não é ECDAA";
    Pk3 "PK-3" spec "webauthn-3#sctn-packed-attestation" "the attestation signature verifies" "a assinatura da atestação verifica";
    Pk4 "PK-4" spec "webauthn-3#sctn-packed-attestation-cert-requirements" "the attestation certificate has version 3" "o certificado de atestação tem versão 3";
    Pk5 "PK-5" spec "webauthn-3#sctn-packed-attestation-cert-requirements" "subject C is one country code" "o C do titular é um código de país";
    Pk6 "PK-6" spec "webauthn-3#sctn-packed-attestation-cert-requirements" "subject O, OU and CN are what the format asks for" "O, OU e CN do titular são o que o formato pede";
    Pk7 "PK-7" beyond "webauthn-3#sctn-packed-attestation-cert-requirements" "the string types of the subject are as specified" "os tipos de string do titular são os especificados";
    Pk8 "PK-8" spec "webauthn-3#sctn-packed-attestation-cert-requirements" "basic constraints are present and CA is false" "basic constraints estão presentes e CA é falso";
    Pk9 "PK-9" spec "webauthn-3#sctn-packed-attestation" "the certificate's AAGUID extension, where present, equals the AAGUID" "a extensão AAGUID do certificado, quando presente, é igual ao AAGUID";
    Pk10 "PK-10" spec "webauthn-3#sctn-packed-attestation-cert-requirements" "the firmware version extension is well formed" "a extensão de versão de firmware é bem formada";
    Pk11 "PK-11" spec "webauthn-3#sctn-enterprise-packed-attestation-cert-requirements" "no enterprise serial number unless enterprise attestation was asked for" "nenhum número de série corporativo, salvo se atestação corporativa foi pedida";
    Pk12 "PK-12" beyond "RFC 5280 section 4.1.2.5" "every certificate in x5c is within its dates" "todo certificado em x5c está dentro de suas datas";
    Pk13 "PK-13" spec "webauthn-3#sctn-packed-attestation" "a self attestation is signed under the credential's own algorithm" "uma autoatestação é assinada sob o algoritmo da própria credencial";
    Pk14 "PK-14" spec "webauthn-3#reg-ceremony-attestation-trust-anchors" "metadata lists the attestation type and algorithm" "os metadados listam o tipo e o algoritmo de atestação";
    Pk15 "PK-15" beyond "FIDO conformance" "a certified authenticator names its model" "um autenticador certificado informa o seu modelo";

    // fido-u2f.
    Fu1 "FU-1" spec "webauthn-3#sctn-fido-u2f-attestation" "the credential key is ES256 on P-256" "a chave da credencial é ES256 em P-256";
    Fu2 "FU-2" spec "webauthn-3#sctn-fido-u2f-attestation" "x5c has exactly one certificate" "x5c tem exatamente um certificado";
    Fu3 "FU-3" spec "webauthn-3#sctn-fido-u2f-attestation" "the attestation key is on P-256" "a chave de atestação está em P-256";
    Fu4 "FU-4" spec "webauthn-3#sctn-fido-u2f-attestation" "both coordinates have 32 bytes" "ambas as coordenadas têm 32 bytes";
    Fu5 "FU-5" spec "webauthn-3#sctn-fido-u2f-attestation" "the verification data covers the verified RP ID hash" "os dados de verificação cobrem o hash do RP ID verificado";
    Fu6 "FU-6" spec "webauthn-3#sctn-fido-u2f-attestation" "the U2F signature verifies, ECDSA with SHA-256" "a assinatura U2F verifica, ECDSA com SHA-256";
    Fu7 "FU-7" beyond "CTAP 2.2 section 10" "the AAGUID is zero" "o AAGUID é zero";
    Fu8 "FU-8" spec "webauthn-3#reg-ceremony-attestation-trust-anchors" "metadata is found by the certificate key identifier" "os metadados são encontrados pelo identificador da chave do certificado";
    Fu9 "FU-9" beyond "FIDO U2F, known certificate encodings" "the certificate signature has no unused bits" "a assinatura do certificado não tem bits não usados";

    // android-key.
    Ak1 "AK-1" spec "webauthn-3#sctn-android-key-attestation" "alg, sig and x5c are present and x5c is not empty" "alg, sig e x5c estão presentes e x5c não é vazio";
    Ak2 "AK-2" spec "webauthn-3#sctn-android-key-attestation" "the attestation signature verifies with the leaf's key" "a assinatura da atestação verifica com a chave da folha";
    Ak3 "AK-3" spec "webauthn-3#sctn-android-key-attestation" "the leaf's key is the credential key" "a chave da folha é a chave da credencial";
    Ak4 "AK-4" spec "webauthn-3#sctn-android-key-attestation" "the key description is present and its challenge is the client data hash" "a descrição da chave está presente e o seu desafio é o hash dos dados do cliente";
    Ak5 "AK-5" beyond "Android key attestation" "only the leaf carries a key description" "somente a folha traz uma descrição da chave";
    Ak6 "AK-6" spec "webauthn-3#sctn-android-key-attestation" "allApplications is absent from both lists" "allApplications está ausente em ambas as listas";
    Ak7 "AK-7" beyond "Android key attestation" "the authorization lists are in ascending order without duplicates" "as listas de autorização estão em ordem crescente e sem duplicatas";
    Ak8 "AK-8" spec "webauthn-3#sctn-android-key-attestation" "the key was generated on the device" "a chave foi gerada no dispositivo";
    Ak9 "AK-9" spec "webauthn-3#sctn-android-key-attestation" "the key's purpose is signing" "a finalidade da chave é assinar";
    Ak10 "AK-10" spec "webauthn-3#sctn-android-key-attestation" "origin and purpose are enforced where the policy asks for it" "origem e finalidade são impostas onde a política pede";
    Ak11 "AK-11" beyond "Android key attestation" "the security levels meet the policy" "os níveis de segurança atendem à política";
    Ak12 "AK-12" beyond "Android key attestation" "the device is locked and its boot is verified" "o dispositivo está bloqueado e o seu boot é verificado";
    Ak13 "AK-13" beyond "Android key attestation" "the patch levels are recent enough" "os níveis de patch são recentes o bastante";
    Ak14 "AK-14" beyond "Android key attestation" "the application is the expected one" "o aplicativo é o esperado";
    Ak15 "AK-15" beyond "Android key attestation" "the user authentication facts agree with the UV flag" "os fatos de autenticação do usuário concordam com o flag UV";
    Ak16 "AK-16" beyond "Android key attestation" "the attestation version is known" "a versão da atestação é conhecida";
    Ak17 "AK-17" spec "webauthn-3#reg-ceremony-assess-trust" "the chain ends at a configured Android anchor, by name and key" "a cadeia termina em uma âncora Android configurada, por nome e chave";
    Ak18 "AK-18" spec "webauthn-3#sctn-revoked-attestation-certificates" "no certificate of the chain is revoked" "nenhum certificado da cadeia está revogado";
    Ak19 "AK-19" beyond "Android key attestation" "the dates are judged by the kind of chain" "as datas são julgadas pelo tipo de cadeia";

    // apple.
    Ap1 "AP-1" spec "webauthn-3#sctn-apple-anonymous-attestation" "x5c is present and not empty" "x5c está presente e não é vazio";
    Ap2 "AP-2" spec "webauthn-3#sctn-apple-anonymous-attestation" "the nonce extension is well formed" "a extensão de nonce é bem formada";
    Ap3 "AP-3" spec "webauthn-3#sctn-apple-anonymous-attestation" "the nonce commits to this ceremony" "o nonce se compromete com esta cerimônia";
    Ap4 "AP-4" spec "webauthn-3#sctn-apple-anonymous-attestation" "the leaf's key is the credential key" "a chave da folha é a chave da credencial";
    Ap5 "AP-5" spec "webauthn-3#reg-ceremony-assess-trust" "the chain ends at a configured Apple anchor" "a cadeia termina em uma âncora Apple configurada";
    Ap6 "AP-6" spec "webauthn-3#sctn-apple-anonymous-attestation" "the attestation type is Anonymization CA" "o tipo de atestação é Anonymization CA";
    Ap7 "AP-7" beyond "Apple WebAuthn" "the leaf is short-lived" "a folha tem vida curta";
    Ap8 "AP-8" beyond "Apple WebAuthn" "an Apple attested key is not backup eligible" "uma chave atestada pela Apple não é elegível a backup";

    // tpm.
    Tp1 "TP-1" spec "webauthn-3#sctn-tpm-attestation" "every member is present and ver is 2.0" "todos os membros estão presentes e ver é 2.0";
    Tp2 "TP-2" beyond "TPM 2.0 part 2" "both structures are consumed to the last byte" "ambas as estruturas são consumidas até o último byte";
    Tp3 "TP-3" beyond "TPM 2.0 part 2 section 8.3" "the object attributes are those of a device-bound signing key" "os atributos do objeto são os de uma chave de assinatura presa ao dispositivo";
    Tp4 "TP-4" beyond "TPM 2.0 part 2 section 12.2" "the key parameters are those of a signing key" "os parâmetros da chave são os de uma chave de assinatura";
    Tp5 "TP-5" spec "webauthn-3#sctn-tpm-attestation" "the key in pubArea is the credential key" "a chave em pubArea é a chave da credencial";
    Tp6 "TP-6" spec "webauthn-3#sctn-tpm-attestation" "the attested name is that of pubArea" "o nome atestado é o de pubArea";
    Tp7 "TP-7" spec "webauthn-3#sctn-tpm-attestation" "certInfo is a certification made by a TPM" "certInfo é uma certificação feita por um TPM";
    Tp8 "TP-8" spec "webauthn-3#sctn-tpm-attestation" "extraData commits to this ceremony" "extraData se compromete com esta cerimônia";
    Tp9 "TP-9" spec "webauthn-3#sctn-tpm-cert-requirements" "the AIK certificate has version 3, an empty subject and a complete SAN" "o certificado AIK tem versão 3, titular vazio e um SAN completo";
    Tp10 "TP-10" beyond "TCG vendor id registry" "the TPM manufacturer is registered" "o fabricante do TPM está registrado";
    Tp11 "TP-11" spec "webauthn-3#sctn-tpm-cert-requirements" "the AIK certificate is for attestation" "o certificado AIK é para atestação";
    Tp12 "TP-12" spec "webauthn-3#sctn-tpm-cert-requirements" "basic constraints are present and CA is false" "basic constraints estão presentes e CA é falso";
    Tp13 "TP-13" spec "webauthn-3#sctn-tpm-attestation" "the certificate's AAGUID extension, where present, equals the AAGUID" "a extensão AAGUID do certificado, quando presente, é igual ao AAGUID";
    Tp14 "TP-14" spec "webauthn-3#sctn-tpm-attestation" "the AIK's signature over certInfo verifies" "a assinatura da AIK sobre certInfo verifica";
    Tp15 "TP-15" beyond "RFC 5280 section 4.2" "a critical SAN is the only critical extension waved through" "um SAN crítico é a única extensão crítica dispensada";
    Tp16 "TP-16" beyond "TCG vendor id registry" "the manufacturer agrees with the issuer" "o fabricante concorda com o emissor";
    Tp17 "TP-17" spec "webauthn-3#sctn-tpm-attestation" "clock and firmware facts are exposed" "os fatos de relógio e firmware são expostos";

    // android-safetynet.
    Sn1 "SN-1" spec "webauthn-3#sctn-android-safetynet-attestation" "ver is not empty and response is a readable JWS" "ver não é vazio e response é um JWS legível";
    Sn2 "SN-2" spec "webauthn-3#sctn-android-safetynet-attestation" "the JWS is signed with RS256 by the leaf's key" "o JWS é assinado com RS256 pela chave da folha";
    Sn3 "SN-3" spec "webauthn-3#sctn-android-safetynet-attestation" "the leaf is the TLS server certificate of attest.android.com" "a folha é o certificado de servidor TLS de attest.android.com";
    Sn4 "SN-4" spec "webauthn-3#sctn-android-safetynet-attestation" "the nonce commits to this ceremony" "o nonce se compromete com esta cerimônia";
    Sn5 "SN-5" spec "webauthn-3#sctn-android-safetynet-attestation" "ctsProfileMatch is true" "ctsProfileMatch é verdadeiro";
    Sn6 "SN-6" beyond "SafetyNet Attestation API" "the timestamp is within minutes of the given time" "o horário está a minutos do horário dado";

    // compound.
    Cp1 "CP-1" spec "webauthn-3#sctn-compound-attestation" "the statement is two or more statements, each of a format that is not compound" "a declaração são duas ou mais declarações, cada uma de um formato que não é compound";
    Cp2 "CP-2" spec "webauthn-3#sctn-compound-attestation" "the format of every part is known and verified here" "o formato de cada parte é conhecido e verificado aqui";
    Cp3 "CP-3" spec "webauthn-3#sctn-compound-attestation" "every part is judged over the same authenticator data and client data" "cada parte é julgada sobre os mesmos dados do autenticador e do cliente";
    Cp4 "CP-4" spec "webauthn-3#sctn-compound-attestation" "as many parts verify as the policy asks for" "tantas partes verificam quantas a política pede";
    Cp5 "CP-5" spec "webauthn-3#sctn-compound-attestation" "the outcome and path of every part are reported" "o resultado e o caminho de cada parte são informados";
    Cp6 "CP-6" beyond "device-enrollment, compound statements" "no format stands twice" "nenhum formato aparece duas vezes";

    // FIDO metadata: its import (MD-1 to MD-6), and what it says of an authenticator.
    Md1 "MD-1" beyond "FIDO Metadata Service v3 section 3.2" "the BLOB is signed, under an accepted algorithm, by the certificate that it carries" "o BLOB é assinado, sob um algoritmo aceito, pelo certificado que ele traz";
    Md2 "MD-2" beyond "FIDO Metadata Service v3 section 3.2" "the signer is the metadata service, and its certificates lead to a pinned root" "o signatário é o serviço de metadados, e seus certificados levam a uma raiz fixada";
    Md3 "MD-3" beyond "FIDO Metadata Service v3 section 3.2" "the metadata is no older than the last good one" "os metadados não são mais antigos que os últimos bons";
    Md4 "MD-4" beyond "FIDO Metadata Service v3 section 3.1.6" "the next update of the metadata is not overdue" "a próxima atualização dos metadados não está vencida";
    Md5 "MD-5" beyond "FIDO Metadata Service v3 section 3.2" "no certificate of the signer is revoked" "nenhum certificado do signatário está revogado";
    Md6 "MD-6" beyond "device-enrollment, metadata" "the metadata can be read, and an entry that cannot costs no other" "os metadados podem ser lidos, e uma entrada ilegível não prejudica as outras";
    Md7 "MD-7" beyond "FIDO Metadata Service v3 section 3.1.4" "no status in effect says that the model is revoked or compromised" "nenhum status em vigor diz que o modelo está revogado ou comprometido";
    Md8 "MD-8" beyond "webauthn-3#reg-ceremony-attestation-trust-anchors" "metadata has an entry for the authenticator, and the entry agrees with itself" "os metadados têm uma entrada para o autenticador, e ela concorda consigo mesma";
    Md9 "MD-9" beyond "webauthn-3#reg-ceremony-attestation-trust-anchors" "metadata lists the attestation type and the key's algorithm" "os metadados listam o tipo de atestação e o algoritmo da chave";

    // apple-appattest.
    Aa1 "AA-1" spec "Apple App Attest, validating apps" "x5c has exactly two certificates" "x5c tem exatamente dois certificados";
    Aa2 "AA-2" spec "Apple App Attest, validating apps" "the nonce extension is well formed and commits to this ceremony" "a extensão de nonce é bem formada e se compromete com esta cerimônia";
    Aa3 "AA-3" spec "Apple App Attest, validating apps" "the key id is the hash of the leaf's key, and is the credential id" "o id da chave é o hash da chave da folha, e é o id da credencial";
    Aa4 "AA-4" spec "Apple App Attest, validating apps" "the app is the expected one" "o aplicativo é o esperado";
    Aa5 "AA-5" spec "Apple App Attest, validating apps" "the counter of an attestation is zero" "o contador de uma atestação é zero";
    Aa6 "AA-6" spec "Apple App Attest, validating apps" "the AAGUID is that of the expected environment" "o AAGUID é o do ambiente esperado";
    Aa7 "AA-7" spec "Apple App Attest, validating apps" "the assertion's signature verifies and its counter has grown" "a assinatura da asserção verifica e o seu contador cresceu";
    Aa8 "AA-8" spec "Apple App Attest, assessing fraud risk" "the receipt is present and exposed" "o recibo está presente e é exposto";
}

impl Serialize for CheckId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl core::fmt::Display for CheckId {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(self.as_str())
    }
}
