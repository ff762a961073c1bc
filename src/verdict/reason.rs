//! Why a check refused: a closed table of the rules that a response can break.

use crate::language::{Language, table};

table! {
    /// A rule that the response broke.
    Reason {
        ChallengeMismatch "client_data.challenge" "the challenge is not the one that was issued" "o desafio não é o que foi emitido";
        ClientDataType "client_data.type" "the client data type is that of another ceremony" "o tipo dos dados do cliente é de outra cerimônia";
        OriginNotListed "client_data.origin" "the origin is not in the configured set" "a origem não está no conjunto configurado";
        CrossOriginNotAllowed "client_data.cross_origin" "the ceremony ran in a cross-origin frame" "a cerimônia ocorreu em um frame de outra origem";
        TopOriginWithoutCrossOrigin "client_data.top_origin_alone" "a top origin is given but crossOrigin is not true" "há uma origem superior, mas crossOrigin não é verdadeiro";
        TopOriginNotListed "client_data.top_origin" "the top origin is not in the configured set" "a origem superior não está no conjunto configurado";
        ClientDataSerialization "client_data.serialization" "the client data does not follow the specified serialization" "os dados do cliente não seguem a serialização especificada";
        AndroidPackage "client_data.android_package" "the Android package is another one" "o pacote Android é outro";

        IdMismatch "envelope.id" "the id differs from the raw id" "o id difere do raw id";
        CredentialType "envelope.type" "the credential type is not public-key" "o tipo da credencial não é public-key";
        CredentialIdLength "credential_id.length" "the credential id does not have 1 to 1023 bytes" "o id da credencial não tem de 1 a 1023 bytes";
        CredentialIdMismatch "credential_id.mismatch" "the id differs from the credential id in authenticator data" "o id difere do id da credencial nos dados do autenticador";
        HintMismatch "envelope.hint" "an unsigned copy differs from the attestation object" "uma cópia não assinada difere do objeto de atestação";

        RpIdHash "authenticator_data.rp_id_hash" "the RP ID hash is that of another relying party" "o hash do RP ID é de outra relying party";
        AppIdNotRequested "authenticator_data.app_id" "the AppID was used but not asked for" "o AppID foi usado mas não foi pedido";
        UserNotPresent "authenticator_data.user_presence" "the user presence flag is not set" "o flag de presença do usuário não está ligado";
        UserNotVerified "authenticator_data.user_verification" "user verification is required and the flag is not set" "a verificação do usuário é exigida e o flag não está ligado";
        BackupStateWithoutEligibility "authenticator_data.backup_state" "backup state is set without backup eligibility" "o estado de backup está ligado sem elegibilidade de backup";
        ReservedFlags "authenticator_data.reserved_flags" "a reserved flag bit is set" "um bit de flag reservado está ligado";
        AttestedDataMissing "authenticator_data.attested_data_missing" "attested credential data is missing" "faltam os dados de credencial atestada";
        AttestedDataUnexpected "authenticator_data.attested_data_unexpected" "an assertion carries attested credential data" "uma asserção traz dados de credencial atestada";

        AlgorithmUnknown "key.algorithm_unknown" "the algorithm is not known" "o algoritmo não é conhecido";
        AlgorithmUnsupported "key.algorithm_unsupported" "the algorithm is known but not verified here" "o algoritmo é conhecido, mas não é verificado aqui";
        AlgorithmNotRequested "key.algorithm_not_requested" "the algorithm was not asked for" "o algoritmo não foi pedido";
        AlgorithmSha1 "key.algorithm_sha1" "the policy refuses signatures over SHA-1" "a política recusa assinaturas sobre SHA-1";
        KeyTypeMismatch "key.type" "the key type does not fit the algorithm" "o tipo da chave não condiz com o algoritmo";
        CurveMismatch "key.curve" "the curve does not fit the algorithm" "a curva não condiz com o algoritmo";
        CoordinateLength "key.coordinate_length" "a key coordinate has the wrong length" "uma coordenada da chave tem o comprimento errado";
        PointCompressed "key.compressed" "the point is compressed" "o ponto está comprimido";
        PointInvalid "key.point" "the point is not on the curve" "o ponto não está na curva";
        RsaModulus "key.rsa_modulus" "the RSA modulus is not of an accepted size" "o módulo RSA não tem um tamanho aceito";
        RsaRoca "key.rsa_roca" "the RSA modulus was made by a generator that can be factored (ROCA)" "o módulo RSA foi feito por um gerador que pode ser fatorado (ROCA)";
        RsaExponent "key.rsa_exponent" "the RSA exponent is not an odd number from 3 to 2^32-1" "o expoente RSA não é um número ímpar de 3 a 2^32-1";
        KeyMemberMissing "key.member_missing" "a member of the COSE key is missing" "falta um membro da chave COSE";
        KeyMemberUnexpected "key.member_unexpected" "the COSE key has a member that its type does not define" "a chave COSE tem um membro que o seu tipo não define";

        ExtensionNotRequested "extension.not_requested" "an extension output was not asked for" "uma saída de extensão não foi pedida";
        ExtensionForm "extension.form" "an extension output is not well formed" "uma saída de extensão não é bem formada";
        CredentialProtection "extension.cred_protect" "credProtect is below the level asked for" "credProtect está abaixo do nível pedido";

        CredentialRegistered "credential.registered" "the credential id is already registered" "o id da credencial já está registrado";
        CredentialExcluded "credential.excluded" "the credential is on the exclude list" "a credencial está na lista de exclusão";
        AttachmentMissing "credential.attachment_missing" "the attachment that was asked for is not stated" "o attachment pedido não é informado";
        AttachmentMismatch "credential.attachment" "the attachment is not the one asked for" "o attachment não é o pedido";
        ResidentKeyMissing "credential.resident_key" "a discoverable credential was required and is not confirmed" "uma credencial descobrível foi exigida e não é confirmada";
        CredentialUnknown "credential.unknown" "the credential is not one of this account" "a credencial não é desta conta";
        CredentialNotAllowed "credential.not_allowed" "the credential is not on the allow list" "a credencial não está na lista permitida";
        UserHandleMismatch "credential.user_handle" "the user handle is that of another account" "o user handle é de outra conta";
        UserHandleMissing "credential.user_handle_missing" "the user handle is required and missing" "o user handle é exigido e está ausente";
        CounterNotGrown "credential.counter" "the signature counter did not grow" "o contador de assinaturas não cresceu";
        BackupEligibilityChanged "credential.backup_eligibility" "backup eligibility differs from the registration" "a elegibilidade de backup difere da do registro";
        SignatureInvalid "signature.invalid" "the signature does not verify" "a assinatura não verifica";
        SignatureKeyType "signature.key_type" "the key cannot have made a signature of that algorithm" "a chave não pode ter feito uma assinatura desse algoritmo";

        FormatUnknown "attestation.format_unknown" "the attestation format is not known" "o formato de atestação não é conhecido";
        NotInBuild "build.left_out" "this build of the library does not verify it" "esta compilação da biblioteca não o verifica";
        FormatNotVerified "attestation.format_not_verified" "the attestation format is known but not verified here" "o formato de atestação é conhecido, mas não é verificado aqui";
        FormatNotAccepted "policy.format" "the policy does not accept the attestation format" "a política não aceita o formato de atestação";
        TypeNotAccepted "policy.attestation_type" "the policy does not accept the attestation type" "a política não aceita o tipo de atestação";
        AaguidNotAccepted "policy.aaguid" "the policy does not accept the AAGUID" "a política não aceita o AAGUID";
        AaguidUnverified "policy.aaguid_unverified" "the AAGUID is only claimed, and the policy lists models" "o AAGUID é apenas declarado, e a política lista modelos";
        AlgorithmNotAccepted "policy.algorithm" "the policy does not accept the algorithm" "a política não aceita o algoritmo";
        EvidenceNotLoaded "policy.evidence_not_loaded" "the policy asks for evidence that no data is loaded for" "a política pede evidências para as quais nenhum dado está carregado";
        BackupEligible "policy.backup_eligible" "the policy asks for a device-bound key, and the key can be backed up" "a política pede uma chave presa ao dispositivo, e a chave pode ter backup";
        DeviceEvidenceMissing "policy.device_evidence_missing" "the policy asks for evidence of the device, and none came" "a política pede evidência do dispositivo, e nenhuma veio";
        DeviceEvidenceRefused "policy.device_evidence_refused" "the evidence of the device does not verify" "a evidência do dispositivo não verifica";

        StatementMemberMissing "statement.member_missing" "a member of the attestation statement is missing" "falta um membro da declaração de atestação";
        StatementMemberUnexpected "statement.member_unexpected" "the attestation statement has a member that its format does not define" "a declaração de atestação tem um membro que o seu formato não define";
        StatementMemberType "statement.member_type" "a member of the attestation statement has another type" "um membro da declaração de atestação tem outro tipo";
        StatementNotEmpty "statement.not_empty" "a none statement is not empty" "uma declaração none não é vazia";
        CertificatesEmpty "statement.x5c_empty" "x5c is empty" "x5c está vazio";
        CertificateCount "statement.x5c_count" "x5c does not have the number of certificates that the format asks for" "x5c não tem o número de certificados que o formato pede";
        Ecdaa "statement.ecdaa" "ECDAA attestation was removed from the specification" "a atestação ECDAA foi removida da especificação";
        SelfAlgorithmMismatch "statement.self_algorithm" "a self attestation names another algorithm than the credential key" "uma autoatestação informa outro algoritmo que não o da chave da credencial";
        SignatureEmpty "statement.signature_empty" "the signature is empty" "a assinatura está vazia";

        CertificateVersion "certificate.version" "the certificate is not version 3" "o certificado não é versão 3";
        SubjectCountry "certificate.subject_country" "subject C is not one country code" "o C do titular não é um código de país";
        SubjectOrganization "certificate.subject_organization" "subject O is missing or empty" "o O do titular está ausente ou vazio";
        SubjectOrganizationalUnit "certificate.subject_organizational_unit" "subject OU is not \"Authenticator Attestation\"" "o OU do titular não é \"Authenticator Attestation\"";
        SubjectCommonName "certificate.subject_common_name" "subject CN is missing or empty" "o CN do titular está ausente ou vazio";
        SubjectStringType "certificate.subject_string_type" "a subject attribute has another string type" "um atributo do titular tem outro tipo de string";
        SubjectNotEmpty "certificate.subject_not_empty" "the subject is not empty" "o titular não é vazio";
        BasicConstraintsMissing "certificate.basic_constraints_missing" "basic constraints are missing" "basic constraints estão ausentes";
        LeafIsCa "certificate.leaf_is_ca" "the attestation certificate is a CA" "o certificado de atestação é uma CA";
        AaguidExtensionForm "certificate.aaguid_form" "the AAGUID extension is critical or not 16 bytes in two octet strings" "a extensão AAGUID é crítica ou não são 16 bytes em duas octet strings";
        AaguidExtensionMismatch "certificate.aaguid_mismatch" "the AAGUID extension is that of another model" "a extensão AAGUID é de outro modelo";
        FirmwareVersionForm "certificate.firmware_version" "the firmware version extension is critical or not a non-negative integer" "a extensão de versão de firmware é crítica ou não é um inteiro não negativo";
        EnterpriseNotRequested "certificate.enterprise_serial" "an enterprise serial number is present and was not asked for" "há um número de série corporativo que não foi pedido";
        EnterpriseForm "certificate.enterprise_form" "the enterprise serial number extension is not well formed" "a extensão de número de série corporativo não é bem formada";
        AaguidZero "attestation.aaguid_zero" "a certified authenticator states the zero AAGUID" "um autenticador certificado informa o AAGUID zero";
        AaguidNotZero "attestation.aaguid_not_zero" "a U2F authenticator states an AAGUID" "um autenticador U2F informa um AAGUID";
        UnusedBits "certificate.unused_bits" "the certificate signature declares unused bits" "a assinatura do certificado declara bits não usados";
        CertificateKey "certificate.key" "the certificate's key is not one that can be verified" "a chave do certificado não é uma que possa ser verificada";
        DuplicateExtension "certificate.duplicate_extension" "the certificate repeats an extension" "o certificado repete uma extensão";
        ExtensionMissing "certificate.extension_missing" "an extension that the format needs is missing" "falta uma extensão de que o formato precisa";
        ExtensionFormCertificate "certificate.extension_form" "a certificate extension is not well formed" "uma extensão do certificado não é bem formada";
        LeafKeyMismatch "certificate.leaf_key" "the leaf's key is not the credential key" "a chave da folha não é a chave da credencial";

        NoAnchor "path.no_anchor" "no trust anchor is configured for this attestation" "nenhuma âncora de confiança está configurada para esta atestação";
        AnchorOwner "path.anchor_owner" "the anchor belongs to another owner than the format asks for" "a âncora pertence a outro dono que não o que o formato pede";
        AnchorNotReached "path.anchor_not_reached" "the certificates end without reaching a configured anchor" "os certificados terminam sem chegar a uma âncora configurada";
        SelfSignedNotAnchor "path.self_signed" "the chain ends at a self-signed certificate that is not a configured anchor" "a cadeia termina em um certificado autoassinado que não é uma âncora configurada";
        IssuerName "path.issuer_name" "the next certificate is not the issuer" "o próximo certificado não é o emissor";
        IssuerNotCa "path.issuer_not_ca" "an issuer is not a CA" "um emissor não é uma CA";
        IssuerKeyUsage "path.issuer_key_usage" "an issuer may not sign certificates" "um emissor não pode assinar certificados";
        IssuerVersion "path.issuer_version" "an issuer is not a version 3 certificate" "um emissor não é um certificado versão 3";
        PathLength "path.length" "a path length constraint is exceeded" "uma restrição de comprimento do caminho é excedida";
        NameConstraints "path.name_constraints" "an issuer constrains names, which is refused here" "um emissor restringe nomes, o que é recusado aqui";
        CriticalExtension "path.critical_extension" "a certificate has a critical extension that is not understood" "um certificado tem uma extensão crítica que não é compreendida";
        CertificateSignature "path.signature" "a certificate signature does not verify" "a assinatura de um certificado não verifica";
        CertificateAlgorithm "path.algorithm" "a certificate is signed with an algorithm that is not accepted" "um certificado é assinado com um algoritmo que não é aceito";
        CertificateAlgorithmMismatch "path.algorithm_mismatch" "the two signature algorithms of a certificate differ" "os dois algoritmos de assinatura de um certificado diferem";
        PathBudget "path.budget" "the path needs more work than is allowed" "o caminho exige mais trabalho do que é permitido";
        PublishedKey "path.published_key" "an issuer signs with a key that anybody can have" "um emissor assina com uma chave que qualquer um pode ter";
        NotYetValid "path.not_yet_valid" "a certificate is not valid yet" "um certificado ainda não é válido";
        Expired "path.expired" "a certificate has expired" "um certificado expirou";

        KeyDescriptionMissing "android.key_description_missing" "the leaf carries no key description" "a folha não traz uma descrição da chave";
        KeyDescriptionRepeated "android.key_description_repeated" "another certificate carries a key description" "outro certificado traz uma descrição da chave";
        AttestationChallenge "android.challenge" "the key description's challenge is not the client data hash" "o desafio da descrição da chave não é o hash dos dados do cliente";
        AllApplications "android.all_applications" "the key may be used by all applications" "a chave pode ser usada por todos os aplicativos";
        AuthorizationOrder "android.authorization_order" "an authorization list is out of order or repeats a tag" "uma lista de autorização está fora de ordem ou repete uma tag";
        OriginNotGenerated "android.origin" "the key was not generated on the device" "a chave não foi gerada no dispositivo";
        OriginMissing "android.origin_missing" "the key's origin is not stated" "a origem da chave não é informada";
        PurposeNotSign "android.purpose" "the key's purpose is not signing" "a finalidade da chave não é assinar";
        PurposeMissing "android.purpose_missing" "the key's purpose is not stated" "a finalidade da chave não é informada";
        NotHardwareEnforced "android.not_hardware_enforced" "origin or purpose is not enforced by hardware" "a origem ou a finalidade não é imposta por hardware";
        BootNotVerified "android.boot" "the device is not locked, or its boot is not verified" "o dispositivo não está bloqueado, ou o seu boot não é verificado";
        SecurityLevelsDiffer "android.security_levels_differ" "attestation and key store are at different security levels" "a atestação e o armazenamento de chaves estão em níveis de segurança diferentes";
        StrongBoxIssuer "android.strong_box_issuer" "the key claims a StrongBox that its issuer is not in" "a chave declara um StrongBox em que o seu emissor não está";
        OsVersion "android.os_version" "the operating system is older than the policy takes" "o sistema operacional é mais antigo do que a política aceita";
        PatchLevelMissing "android.patch_level_missing" "hardware does not state a version or patch level that is judged" "o hardware não informa uma versão ou nível de patch que é julgado";
        PatchLevel "android.patch_level" "a patch level is not a date, or lies ahead of the given time" "um nível de patch não é uma data, ou está à frente do horário dado";
        PatchLevelOld "android.patch_level_old" "a patch level is older than the policy takes" "um nível de patch é mais antigo do que a política aceita";
        ApplicationMissing "android.application_missing" "the application that made the key is not stated, or has no signer" "o aplicativo que fez a chave não é informado, ou não tem assinante";
        ApplicationOrigin "android.application_origin" "the application that made the key is not signed by the certificate of the origin" "o aplicativo que fez a chave não é assinado pelo certificado da origem";
        ApplicationPackage "android.application_package" "the application that made the key is not a listed one" "o aplicativo que fez a chave não é um dos listados";
        ApplicationSigner "android.application_signer" "the application that made the key has another signer" "o aplicativo que fez a chave tem outro assinante";
        NoAuthRequired "android.no_auth_required" "user verification is claimed, and the key can be used by anybody" "a verificação do usuário é declarada, e a chave pode ser usada por qualquer um";
        UserAuthType "android.user_auth_type" "user verification is claimed, and hardware does not state what authenticates the user" "a verificação do usuário é declarada, e o hardware não informa o que autentica o usuário";
        AuthTimeout "android.auth_timeout" "one authentication opens the key for longer than the policy takes" "uma autenticação abre a chave por mais tempo do que a política aceita";
        AttestationVersion "android.attestation_version" "the version of the attestation is not known" "a versão da atestação não é conhecida";
        StatusListMissing "android.status_list_missing" "no status list of attestation certificates is loaded" "nenhuma lista de status de certificados de atestação está carregada";
        StatusListStale "android.status_list_stale" "the status list of attestation certificates is too old" "a lista de status de certificados de atestação é antiga demais";
        Revoked "android.revoked" "a certificate of the chain is revoked" "um certificado da cadeia está revogado";
        Suspended "android.suspended" "a certificate of the chain is suspended" "um certificado da cadeia está suspenso";
        StatusUnknown "android.status_unknown" "a certificate of the chain has a status that is not known" "um certificado da cadeia tem um status que não é conhecido";
        RootOfTrustMissing "android.root_of_trust_missing" "hardware does not state the root of trust" "o hardware não informa a raiz de confiança";
        SecurityLevel "android.security_level" "the security level is below the policy" "o nível de segurança está abaixo da política";

        AppleNonce "apple.nonce" "the nonce is that of another ceremony" "o nonce é de outra cerimônia";
        AppleBackupEligible "apple.backup_eligible" "an Apple attested key claims to be backup eligible" "uma chave atestada pela Apple declara ser elegível a backup";

        TpmVersion "tpm.version" "the TPM version is not 2.0" "a versão do TPM não é 2.0";
        TpmKeyMismatch "tpm.key" "the key in pubArea is not the credential key" "a chave em pubArea não é a chave da credencial";
        TpmKeyType "tpm.key_type" "pubArea is not an RSA or ECC key" "pubArea não é uma chave RSA ou ECC";
        TpmCurve "tpm.curve" "the TPM curve is not known" "a curva do TPM não é conhecida";
        TpmNameAlgorithm "tpm.name_algorithm" "the name algorithm of pubArea is not accepted" "o algoritmo de nome de pubArea não é aceito";
        TpmName "tpm.name" "the attested name is not that of pubArea" "o nome atestado não é o de pubArea";
        TpmMagic "tpm.magic" "certInfo was not made by a TPM" "certInfo não foi feito por um TPM";
        TpmType "tpm.type" "certInfo is not a certification" "certInfo não é uma certificação";
        TpmExtraData "tpm.extra_data" "extraData is that of another ceremony" "extraData é de outra cerimônia";
        TpmAlgorithmWithoutHash "tpm.algorithm_without_hash" "the statement's algorithm has no hash for extraData" "o algoritmo da declaração não tem hash para extraData";
        TpmObjectAttributes "tpm.object_attributes" "the object attributes are not those of a device-bound signing key" "os atributos do objeto não são os de uma chave de assinatura presa ao dispositivo";
        TpmParameters "tpm.parameters" "the key parameters are not those of a signing key" "os parâmetros da chave não são os de uma chave de assinatura";
        TpmVendor "tpm.vendor" "the manufacturer is not in the registry of TPM vendors" "o fabricante não está no registro de fabricantes de TPM";
        TpmIssuerVendor "tpm.issuer_vendor" "the issuer is named for another manufacturer" "o emissor tem o nome de outro fabricante";
        TpmIssuerNaming "tpm.issuer_naming" "the issuer is not named for a manufacturer" "o emissor não tem o nome de um fabricante";
        SubjectAlternativeName "tpm.subject_alternative_name" "the SAN lacks manufacturer, model or version, or repeats one" "faltam ao SAN fabricante, modelo ou versão, ou um se repete";
        SubjectAlternativeNameNotCritical "tpm.subject_alternative_name_not_critical" "the SAN is not critical" "o SAN não é crítico";
        ExtendedKeyUsage "tpm.extended_key_usage" "the certificate is not for attestation" "o certificado não é para atestação";

        SafetyNetEnded "attestation.safetynet_ended" "SafetyNet has ended and the policy does not take it" "o SafetyNet terminou e a política não o aceita";
        SafetyNetVersion "safetynet.version" "the SafetyNet version is empty" "a versão do SafetyNet está vazia";
        SafetyNetAlgorithm "safetynet.algorithm" "the token's header does not name RS256" "o cabeçalho do token não informa RS256";
        SafetyNetHost "safetynet.host" "the certificate is not the server certificate of attest.android.com" "o certificado não é o de servidor de attest.android.com";
        SafetyNetNonce "safetynet.nonce" "the nonce is that of another ceremony" "o nonce é de outra cerimônia";
        SafetyNetIntegrity "safetynet.cts_profile_match" "the device does not match a compatible profile" "o dispositivo não corresponde a um perfil compatível";
        SafetyNetTime "safetynet.timestamp" "the response was not made at this time" "a resposta não foi feita neste horário";

        CompoundParts "compound.parts" "a compound statement has fewer than two parts" "uma declaração composta tem menos de duas partes";
        CompoundNested "compound.nested" "a part of a compound statement is compound itself" "uma parte de uma declaração composta é ela mesma composta";
        CompoundRepeated "compound.repeated" "a format stands twice in a compound statement" "um formato aparece duas vezes em uma declaração composta";
        CompoundTooFew "compound.too_few" "fewer parts verify than the policy asks for" "menos partes verificam do que a política pede";
        CompoundFormatMissing "compound.format_missing" "no part of a format that the policy asks for verifies" "nenhuma parte de um formato que a política pede verifica";

        MetadataX5u "metadata.x5u" "the BLOB names its certificates by an address" "o BLOB indica seus certificados por um endereço";
        MetadataSignatureAlgorithm "metadata.signature_algorithm" "the BLOB is signed with an algorithm that is not accepted" "o BLOB é assinado com um algoritmo que não é aceito";
        MetadataSigner "metadata.signer" "the signer is not the metadata service" "o signatário não é o serviço de metadados";
        MetadataOlder "metadata.older" "the metadata is older than the last good one" "os metadados são mais antigos que os últimos bons";
        MetadataSameNumber "metadata.same_number" "the metadata has the number of the last good one and another content" "os metadados têm o número dos últimos bons e outro conteúdo";
        MetadataOverdue "metadata.overdue" "the next update of the metadata is overdue" "a próxima atualização dos metadados está vencida";
        MetadataEmpty "metadata.empty" "no entry of the metadata can be used" "nenhuma entrada dos metadados pode ser usada";
        MetadataNoIdentifier "metadata.no_identifier" "the entry names no authenticator" "a entrada não nomeia autenticador algum";
        MetadataDisagrees "metadata.disagrees" "entry, statement and getInfo name different authenticators" "entrada, declaração e getInfo nomeiam autenticadores diferentes";
        MetadataRepeated "metadata.repeated" "two entries name the same authenticator" "duas entradas nomeiam o mesmo autenticador";
        MetadataNoEntry "metadata.no_entry" "metadata has no entry for the authenticator" "os metadados não têm entrada para o autenticador";
        MetadataQuarantined "metadata.quarantined" "the entry for the authenticator was set apart" "a entrada do autenticador foi posta de lado";
        MetadataType "metadata.attestation_type" "metadata does not list the attestation type" "os metadados não listam o tipo de atestação";
        MetadataAlgorithm "metadata.algorithm" "metadata does not list the algorithm" "os metadados não listam o algoritmo";
        StatusRevoked "metadata.revoked" "the model is revoked" "o modelo está revogado";
        StatusUserVerificationBypass "metadata.user_verification_bypass" "the model's user verification can be bypassed" "a verificação do usuário do modelo pode ser contornada";
        StatusAttestationKey "metadata.attestation_key_compromise" "an attestation key of the model is compromised" "uma chave de atestação do modelo está comprometida";
        StatusUserKeyRemote "metadata.user_key_remote_compromise" "keys of the model can be taken from afar" "chaves do modelo podem ser obtidas a distância";
        StatusUserKeyPhysical "metadata.user_key_physical_compromise" "keys of the model can be taken by who holds it" "chaves do modelo podem ser obtidas por quem o tem em mãos";
        RevocationMissing "revocation.missing" "no revocation list speaks of the certificate" "nenhuma lista de revogação fala do certificado";
        RevocationSignature "revocation.signature" "the revocation list is not signed by the certificate's issuer" "a lista de revogação não é assinada pelo emissor do certificado";
        RevocationIssuer "revocation.issuer" "an issuer may not sign revocation lists" "um emissor não pode assinar listas de revogação";
        RevocationNotCurrent "revocation.not_current" "the revocation list is not current" "a lista de revogação não está em vigor";
        CertificateRevoked "revocation.revoked" "the certificate is revoked" "o certificado está revogado";

        AppKeyId "app_attest.key_id" "the key id is not the hash of the attested key" "o id da chave não é o hash da chave atestada";
        AppId "app_attest.app_id" "the app is another one" "o aplicativo é outro";
        AppCounter "app_attest.counter" "the counter of an attestation is not zero" "o contador de uma atestação não é zero";
        AppEnvironment "app_attest.environment" "the key was made in another environment" "a chave foi feita em outro ambiente";
        AppReceipt "app_attest.receipt" "the receipt is empty" "o recibo está vazio";
    }
}
