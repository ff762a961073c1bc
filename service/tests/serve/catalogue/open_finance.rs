//! The codes under `/open-finance`: each table of the contract, in both versions of it and in both
//! languages.

use std::collections::BTreeSet;
use std::io::Write as _;

use device_enrollment::Language;
use device_enrollment::open_finance::{ContractVersion, OpenFinanceCode as Code, Operation, Texts};
use device_enrollment_testkit::{Assertion, Registration};
use serde_json::{Value, json};

use crate::bank::enrolling::*;
use crate::lease::{with_an_end, without_an_end};
use crate::server::Answer;
use crate::world::{APPROVER, Engine, SILENT, uuid};

crate::bank::on_both_engines!(every_refusal_of_the_contract_is_answered);

/// Codes of tables that no route meets, and why.
const UNMET_IN_A_TABLE: &[(Code, &str)] = &[
    (Code::MotivoRejeicao, "whoever refuses an enrollment without a reason has one: by hand"),
    (Code::MotivoRevogacao, "whoever revokes an enrollment without a reason has one: by hand"),
];

/// Other codes that no route meets, and why.
const UNMET: &[(Code, &str)] = &[
    (Code::TipoDeConteudoInvalido, "the published pages answer 400 to what does not fit them"),
    (Code::ErroInterno, "a fault of ours, of which none is known"),
];

type Row = (ContractVersion, Option<Operation>, Code, Language);

/// What was answered.
#[derive(Default)]
struct Rows(Vec<Row>);

/// A bank that speaks one version, asked in one language.
struct Desk<'a> {
    engine: Engine,
    bank: &'a Bank,
    version: ContractVersion,
    language: Language,
    rows: &'a mut Rows,
}

impl Desk<'_> {
    fn tag(&self) -> &'static str {
        self.language.tag()
    }

    fn ask(&self, method: &str, path: &str, own: &[(&str, &str)], body: &Value) -> Answer {
        self.ask_as(&self.bank.world.key, method, path, own, body)
    }

    fn ask_as(
        &self,
        key: &str,
        method: &str,
        path: &str,
        own: &[(&str, &str)],
        body: &Value,
    ) -> Answer {
        let own: Vec<_> = [("x-lang", self.tag())].into_iter().chain(own.iter().copied()).collect();
        self.bank.ask_as(key, method, path, &own, body)
    }

    fn post(&self, path: &str, body: &Value) -> Answer {
        self.ask("POST", path, &[], body)
    }

    fn holder(&self, path: &str, body: &Value) -> Answer {
        self.ask_as(&self.bank.holder, "POST", path, &[], body)
    }

    /// Takes an answer with a code of an operation's table, about this member.
    #[track_caller]
    fn row(&mut self, operation: Operation, code: Code, member: &str, answer: &Answer) {
        self.take(Some(operation), code, member, code.status(), answer);
    }

    #[track_caller]
    fn take(
        &mut self,
        operation: Option<Operation>,
        code: Code,
        member: &str,
        status: u16,
        answer: &Answer,
    ) {
        let texts = Texts::of(code, operation);
        let (title, detail) = (texts.title(self.language), texts.detail(self.language, member));
        let body = answer.json();
        assert_eq!(
            (answer.status, &body["errors"]),
            (status, &json!([{"code": code, "title": title, "detail": detail}])),
            "{operation:?}, {code:?}"
        );
        let time = body["meta"]["requestDateTime"].as_str().unwrap();
        assert!(time.len() == 20 && time.ends_with('Z'), "{time}");
        self.rows.0.push((self.version, operation, code, self.language));
    }

    /// One key, two bodies.
    #[track_caller]
    fn repeated(&mut self, operation: Operation, method: &str, path: &str, bodies: [&Value; 2]) {
        let key = uuid();
        let own = [("x-idempotency-key", key.as_str())];
        let first = self.ask(method, path, &own, bodies[0]);
        assert!(first.status < 400, "{operation:?}: {}", first.body);
        let second = self.ask(method, path, &own, bodies[1]);
        self.row(operation, Code::ErroIdempotencia, "", &second);
    }
}

fn with(mut body: Value, name: &str, value: Value) -> Value {
    body[name] = value;
    body
}

fn without(mut body: Value, name: &str) -> Value {
    body.as_object_mut().unwrap().remove(name).unwrap();
    body
}

fn every_refusal_of_the_contract_is_answered(engine: Engine) {
    let mut rows = Rows::default();
    for (version, word) in [(ContractVersion::V2_1, "2.1"), (ContractVersion::V2_2, "2.2")] {
        let bank = Bank::with(engine, &[("DEVICE_ENROLLMENT_CONTRACT_VERSION", word)]);
        for language in [Language::PtBr, Language::EnUs] {
            let mut desk = Desk { engine, bank: &bank, version, language, rows: &mut rows };
            of_the_creation(&mut desk);
            of_the_end(&mut desk);
            of_the_signals(&mut desk);
            of_the_options(&mut desk);
            of_the_registration(&mut desk);
            of_the_signing(&mut desk);
            of_the_authorisation(&mut desk);
            of_no_table(&mut desk);
        }
    }
    of_the_limits(engine, &mut rows);
    rows.judged();
}

impl Rows {
    fn judged(&self) {
        let met: BTreeSet<String> = self.0.iter().map(|row| format!("{row:?}")).collect();
        let mut tables = BTreeSet::new();
        for version in [ContractVersion::V2_1, ContractVersion::V2_2] {
            for operation in Operation::ALL {
                for code in operation.codes(version) {
                    tables.insert(code);
                    let excused = UNMET_IN_A_TABLE.iter().any(|(unmet, _)| *unmet == code);
                    for language in [Language::PtBr, Language::EnUs] {
                        let row: Row = (version, Some(*operation), code, language);
                        let met = met.contains(&format!("{row:?}"));
                        assert!(met != excused, "{row:?}: met {met}, excused {excused}");
                    }
                }
            }
        }
        for code in Code::ALL.iter().filter(|code| !tables.contains(code)) {
            let excused = UNMET.iter().any(|(unmet, _)| unmet == code);
            for language in [Language::PtBr, Language::EnUs] {
                let met = self.0.iter().any(|row| (row.2, row.3) == (*code, language));
                assert!(met != excused, "{code:?}, {language:?}: met {met}, excused {excused}");
            }
        }
    }
}

fn of_the_creation(desk: &mut Desk<'_>) {
    const TABLE: Operation = Operation::CreateEnrollment;
    let missing = desk.post(BASE, &without(creation(), "participant_id"));
    desk.row(TABLE, Code::ParametroNaoInformado, "participant_id", &missing);
    let unfit = desk.post(BASE, &with(creation(), "participant_id", json!(7)));
    desk.row(TABLE, Code::ParametroInvalido, "participant_id", &unfit);
    let other = with(creation(), "name", json!("another"));
    desk.repeated(TABLE, "POST", BASE, [&creation(), &other]);
    let permissions = with(creation(), "permissions", json!(["ACCOUNTS_READ"]));
    let answer = desk.post(BASE, &permissions);
    desk.row(TABLE, Code::PermissoesInvalidas, "", &answer);
    let mut unknown = creation();
    for (name, value) in [
        ("logged_user_bank_ispb", "00000000"),
        ("logged_user_branch_number", "0001"),
        ("logged_user_bank_account_number", "9999999"),
        ("logged_user_bank_account_type", "CACC"),
    ] {
        unknown[name] = json!(value);
    }
    let answer = desk.post(BASE, &unknown);
    desk.row(TABLE, Code::ContaInvalida, "", &answer);
}

fn of_the_end(desk: &mut Desk<'_>) {
    const TABLE: Operation = Operation::CancelEnrollment;
    let id = desk.bank.created();
    let path = format!("{BASE}/{id}/revoke");
    let document = |digits: &str| json!({"logged_user_document": digits});
    let missing = desk.ask("PATCH", &path, &[], &json!({}));
    desk.row(TABLE, Code::ParametroNaoInformado, "logged_user_document", &missing);
    let unfit = desk.ask("PATCH", &path, &[], &document(SILENT));
    desk.row(TABLE, Code::ParametroInvalido, "logged_user_document", &unfit);
    desk.repeated(TABLE, "PATCH", &path, [&document(APPROVER), &document(SILENT)]);
    let again = desk.ask("PATCH", &path, &[], &document(APPROVER));
    desk.row(TABLE, Code::StatusInvalido, "", &again);

    let ids = desk.bank.asked();
    let no = with(approval(), "decision", json!("rejected"));
    let no = with(no, "rejection_reason", json!("REJEITADO_OUTRO"));
    let answer = desk.holder(&format!("/extensions/v1{BASE}/{}/confirmation", ids.id), &no);
    desk.row(TABLE, Code::RejeitadoOutroSemDetalhes, "", &answer);
    let (ids, _) = desk.bank.bound(&uuid());
    let other = json!({"revocation_reason": "REVOGADO_OUTRO"});
    let answer = desk.holder(&format!("/extensions/v1{BASE}/{}/revocation", ids.id), &other);
    desk.row(TABLE, Code::RevogadoOutroSemDetalhes, "", &answer);
}

fn of_the_signals(desk: &mut Desk<'_>) {
    const TABLE: Operation = Operation::RiskSignals;
    let path = |id: &str| format!("{BASE}/{id}/device/risk-signal");
    let id = desk.bank.created();
    let unfit = desk.post(&path(&id), &with(signals(), "language", json!("portuguese")));
    desk.row(TABLE, Code::ParametroInvalido, "language", &unfit);
    let other = with(signals(), "os_version", json!("17.0"));
    desk.repeated(TABLE, "POST", &path(&id), [&signals(), &other]);
    let answer = desk.post(&path(&id), &signals());
    desk.row(TABLE, Code::StatusVinculoInvalido, "", &answer);
    let missing = desk.post(&path(&desk.bank.created()), &without(signals(), "device_id"));
    desk.row(TABLE, Code::ParametroNaoInformado, "device_id", &missing);
    let due = desk.post(&path(&desk.bank.created()), &without(signals(), "is_rooted_device"));
    desk.row(TABLE, Code::FaltamSinaisObrigatoriosDaPlataforma, "is_rooted_device", &due);
}

fn of_the_options(desk: &mut Desk<'_>) {
    const TABLE: Operation = Operation::RegistrationOptions;
    let path = |id: &str| format!("{BASE}/{id}/device/credentials");
    let answer = desk.post(&path(&desk.bank.created()), &json!({"platform": "IOS"}));
    desk.row(TABLE, Code::StatusVinculoInvalido, "", &answer);
    let ids = desk.bank.approved();
    let missing = desk.post(&path(&ids.id), &json!({}));
    desk.row(TABLE, Code::ParametroNaoInformado, "platform", &missing);
    let unfit = desk.post(&path(&ids.id), &json!({"platform": "WATCH"}));
    desk.row(TABLE, Code::ParametroInvalido, "platform", &unfit);
    let bodies = [&json!({"platform": "IOS"}), &json!({"platform": "ANDROID"})];
    desk.repeated(TABLE, "POST", &path(&ids.id), bodies);
    if desk.version == ContractVersion::V2_2 {
        let second = desk.post(&path(&ids.id), &json!({"platform": "IOS"}));
        desk.row(TABLE, Code::MaximoChallengesAtingido, "", &second);
    }
    let other = json!({"platform": "IOS", "rp": "evil.example"});
    let answer = desk.post(&path(&desk.bank.approved().id), &other);
    desk.row(TABLE, Code::RpInvalida, "", &answer);
}

fn of_the_registration(desk: &mut Desk<'_>) {
    const TABLE: Operation = Operation::Registration;
    let path = |ids: &Ids| format!("{BASE}/{}/device/{}", ids.id, ids.device_id);
    let (ids, registration) = desk.bank.issued(&uuid());
    let whole = credential(&registration);
    let name = "device_credential_client_data_json";
    let missing = desk.post(&path(&ids), &without(whole.clone(), name));
    desk.row(TABLE, Code::ParametroNaoInformado, name, &missing);
    let unfit = desk.post(&path(&ids), &with(whole.clone(), name, json!("+/=")));
    desk.row(TABLE, Code::ParametroInvalido, name, &unfit);
    let other = with(whole.clone(), "device_credential_type", json!(null));
    desk.repeated(TABLE, "POST", &path(&ids), [&whole, &other]);
    let answer = desk.post(&path(&ids), &other);
    desk.row(TABLE, Code::StatusVinculoInvalido, "", &answer);
    let hash = match desk.version {
        ContractVersion::V2_2 => Code::RpInvalida,
        _ => Code::RpIdHashInvalido,
    };
    type Change = fn(&mut Registration);
    let changes: [(Code, Change); 5] = [
        (Code::ChallengeInvalido, |one| one.client_data.challenge = vec![7; 32]),
        (Code::OrigemFidoInvalida, |one| one.client_data.origin = "https://evil.example".into()),
        (hash, |one| one.authenticator_data.rp_id_hash = [7; 32]),
        (Code::PublicKeyInvalida, |one| {
            one.authenticator_data.public_key_bytes = Some(vec![0xa0]);
        }),
        (Code::ExtensionInvalida, |one| {
            let value = device_enrollment_testkit::cbor::decode(b"\xa1\x6bhmac-secret\xf5");
            one.authenticator_data.set_extensions(value);
        }),
    ];
    for (code, change) in changes {
        let (ids, mut registration) = desk.bank.issued(&uuid());
        change(&mut registration);
        let answer = desk.post(&path(&ids), &credential(&registration));
        desk.row(TABLE, code, "", &answer);
    }
}

fn of_the_signing(desk: &mut Desk<'_>) {
    const TABLE: Operation = Operation::SignOptions;
    let (ids, registration) = desk.bank.bound(&uuid());
    let path =
        |consent: &str| format!("/extensions/v1/open-finance/consents/{consent}/sign-options");
    let body = |platform: &str| json!({"enrollment_id": ids.id, "platform": platform});
    let consent = desk.bank.consent(&json!({}));
    let missing = desk.post(&path(&consent), &without(body("IOS"), "platform"));
    desk.row(TABLE, Code::ParametroNaoInformado, "platform", &missing);
    let unfit = desk.post(&path(&consent), &body("WATCH"));
    desk.row(TABLE, Code::ParametroInvalido, "platform", &unfit);
    desk.repeated(TABLE, "POST", &path(&consent), [&body("IOS"), &body("ANDROID")]);
    let unbound = with(body("IOS"), "enrollment_id", json!(desk.bank.approved().id));
    let answer = desk.post(&path(&consent), &unbound);
    desk.row(TABLE, Code::StatusVinculoInvalido, "", &answer);
    if desk.version == ContractVersion::V2_2 {
        let recurring = desk.bank.consent(&json!({"kind": "recurring"}));
        let answer = desk.post(&path(&recurring), &body("IOS"));
        desk.row(TABLE, Code::PermissaoInvalidaVinculoConsentimento, "", &answer);
    }
    let other = desk.bank.consent(&json!({}));
    let answer = desk.post(&path(&other), &with(body("IOS"), "rp", json!("evil.example")));
    desk.row(TABLE, Code::RpInvalida, "", &answer);
    let consent = desk.bank.consent(&json!({}));
    let assertion = desk.bank.assertion(&consent, &ids, &registration);
    assert_eq!(desk.bank.authorise(&consent, &ids.id, &assertion).status, 200);
    let answer = desk.post(&path(&consent), &body("IOS"));
    desk.row(TABLE, Code::StatusConsentimentoInvalido, "", &answer);
}

fn of_the_authorisation(desk: &mut Desk<'_>) {
    const TABLE: Operation = Operation::Authorise;
    let (ids, registration) = desk.bank.bound(&uuid());
    let path = |consent: &str| format!("/extensions/v1/open-finance/consents/{consent}/authorise");
    let signed = |change: fn(&mut Assertion)| {
        let consent = desk.bank.consent(&json!({}));
        let mut assertion = desk.bank.assertion(&consent, &ids, &registration);
        change(&mut assertion);
        (path(&consent), authorisation(&ids.id, &assertion, &contract_signals()))
    };
    let whole = |_: &mut Assertion| {};
    let data = |mut body: Value, name: &str, value: Value| {
        body["data"][name] = value;
        body
    };
    let (at, body) = signed(whole);
    let missing = desk.post(&at, &json!({"data": without(body["data"].clone(), "enrollmentId")}));
    let unfit = desk.post(&at, &data(body.clone(), "enrollmentId", json!("x")));
    let older =
        data(body.clone(), "riskSignals", with(contract_signals(), "osVersion", json!("1")));
    let unbound = data(body, "enrollmentId", json!(desk.bank.approved().id));
    let answer = desk.post(&at, &unbound);
    // Without options the platform is not known, and a phone obliges to the most.
    let unasked = desk.bank.consent(&json!({}));
    let due = without(contract_signals(), "isRootedDevice");
    let due = authorisation(&ids.id, &Assertion::of(&registration), &due);
    let due = desk.post(&path(&unasked), &due);
    let (risk_at, body) = signed(|one| one.client_data.challenge = vec![7; 32]);
    let risk = desk.post(&risk_at, &body);
    let (origin_at, origin) = signed(|one| one.client_data.origin = "https://evil.example".into());
    let origin = desk.post(&origin_at, &origin);
    let (good_at, good) = signed(whole);
    let account =
        json!({"ispb": "00000000", "issuer": "0001", "number": "7654321", "accountType": "CACC"});
    let consent = desk.bank.consent(&json!({"debtor_account": account}));
    let assertion = desk.bank.assertion(&consent, &ids, &registration);
    let body = authorisation(&ids.id, &assertion, &contract_signals());
    let account = desk.post(&path(&consent), &body);

    desk.row(TABLE, Code::ParametroNaoInformado, "enrollmentId", &missing);
    desk.row(TABLE, Code::ParametroInvalido, "enrollmentId", &unfit);
    desk.row(TABLE, Code::StatusVinculoInvalido, "", &answer);
    desk.row(TABLE, Code::FaltamSinaisObrigatoriosDaPlataforma, "isRootedDevice", &due);
    desk.row(TABLE, Code::Risco, "", &risk);
    if desk.version == ContractVersion::V2_2 {
        desk.row(TABLE, Code::OrigemFidoInvalida, "", &origin);
    } else {
        desk.row(TABLE, Code::Risco, "", &origin);
    }
    desk.row(TABLE, Code::ContaDebitoDivergenteConsentimentoVinculo, "", &account);
    desk.repeated(TABLE, "POST", &good_at, [&good, &older]);
    let again = desk.post(&good_at, &good);
    desk.row(TABLE, Code::StatusConsentimentoInvalido, "", &again);
}

fn of_no_table(desk: &mut Desk<'_>) {
    let headers = format!(
        "nonce: {}\r\nx-transaction-uuid: {}\r\nx-lang: {}\r\ncontent-type: application/json\r\n",
        uuid(),
        uuid(),
        desk.tag()
    );
    let world = &desk.bank.world;
    let cut = world.send(&world.key, "POST", BASE, &headers, b"{");
    let stranger = "de_0123456789ab_x";
    let missing = format!("{BASE}/{}", uuid());
    let plain = [
        (Code::CorpoInvalido, cut),
        (Code::NaoAutenticado, desk.ask_as(stranger, "GET", BASE, &[], &Value::Null)),
        (Code::NaoEncontrado, desk.ask("GET", &missing, &[], &Value::Null)),
        (Code::MetodoNaoPermitido, desk.ask("DELETE", BASE, &[], &Value::Null)),
    ];
    let unconfigured = world.key_of("unconfigured");
    let forbidden = desk.ask_as(&unconfigured, "GET", BASE, &[], &Value::Null);
    let nonce = uuid();
    let same = || desk.ask("POST", BASE, &[("nonce", &nonce)], &creation());
    assert_eq!(same().status, 201);
    let repeated = same();
    let header = desk.ask("GET", BASE, &[("nonce", NONE)], &Value::Null);
    let unfit = desk.ask("GET", BASE, &[("nonce", "x")], &Value::Null);
    let under_way = under_way(desk);
    for (code, answer) in plain.into_iter().chain([
        (Code::NaoPermitido, forbidden),
        (Code::RequisicaoRepetida, repeated),
        (Code::RequisicaoEmAndamento, under_way),
    ]) {
        desk.take(None, code, "", code.status(), &answer);
    }
    desk.take(None, Code::ParametroNaoInformado, "nonce", 400, &header);
    desk.take(None, Code::ParametroInvalido, "nonce", 400, &unfit);
}

/// The answer while another request under the same key is being judged, which has no end.
fn under_way(desk: &Desk<'_>) -> Answer {
    let (ids, registration) = desk.bank.issued(&uuid());
    let path = format!("{BASE}/{}/device/{}", ids.id, ids.device_id);
    let (body, key) = (credential(&registration), uuid());
    let ask = || desk.ask("POST", &path, &[("x-idempotency-key", &key)], &body);
    without_an_end(desk.bank, desk.engine);
    assert_eq!(ask().status, 500);
    with_an_end(&desk.bank.world, desk.engine);
    ask()
}

fn of_the_limits(engine: Engine, rows: &mut Rows) {
    let bank = Bank::with(
        engine,
        &[
            ("DEVICE_ENROLLMENT_LIMITS_BODY_BYTES", "1048576"),
            ("DEVICE_ENROLLMENT_LIMITS_BODY_SECONDS", "120"),
            ("DEVICE_ENROLLMENT_LIMITS_CONCURRENCY", "1"),
            ("DEVICE_ENROLLMENT_LIMITS_REQUESTS_PER_KEY", "20"),
        ],
    );
    for language in [Language::PtBr, Language::EnUs] {
        let version = ContractVersion::V2_1;
        let mut desk = Desk { engine, bank: &bank, version, language, rows };
        let (ids, registration) = desk.bank.issued(&uuid());
        let large = with(
            credential(&registration),
            "device_credential_attestation_object",
            json!("A".repeat(500_000)),
        );
        let answer = desk.post(&format!("{BASE}/{}/device/{}", ids.id, ids.device_id), &large);
        desk.take(None, Code::CorpoGrandeDemais, "", 413, &answer);
    }
    for language in [Language::PtBr, Language::EnUs] {
        let version = ContractVersion::V2_1;
        let mut desk = Desk { engine, bank: &bank, version, language, rows };
        let busy = busy(&desk);
        desk.take(None, Code::ServicoIndisponivel, "", 503, &busy);
    }
    for language in [Language::PtBr, Language::EnUs] {
        let version = ContractVersion::V2_1;
        let mut desk = Desk { engine, bank: &bank, version, language, rows };
        let mut answer = desk.ask("GET", BASE, &[], &Value::Null);
        // The node notices in its own time that nobody keeps it busy any more.
        while [200, 503].contains(&answer.status) {
            answer = desk.ask("GET", BASE, &[], &Value::Null);
        }
        desk.take(None, Code::LimiteDeRequisicoes, "", 429, &answer);
    }
}

/// The answer of a node that is at its one request, whose body does not come.
fn busy(desk: &Desk<'_>) -> Answer {
    let node = desk.bank.world.node();
    let key = &desk.bank.holder;
    let head = format!(
        "POST /extensions/v1/open-finance/consents HTTP/1.1\r\nhost: localhost\r\n\
         authorization: Bearer {key}\r\ncontent-type: application/json\r\n\
         content-length: 10\r\n\r\n"
    );
    loop {
        let mut slow = node.connect();
        slow.write_all(head.as_bytes()).unwrap();
        // Where it came while a request below was at the node, it was turned away itself, and
        // another has to come.
        for _ in 0..50 {
            let headers = format!("x-lang: {}\r\n", desk.tag());
            let answer = node.get(BASE, &headers);
            if answer.status != 401 {
                return answer;
            }
        }
    }
}
