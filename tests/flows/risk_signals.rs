//! Risk signals: both spellings, every obligation, every form.

use device_enrollment::open_finance::options::Platform;
use device_enrollment::open_finance::{
    ContractVersion, GeolocationKind, Operation, Refusal, RiskSignals, SignalsDuty,
};
use serde_json::{Value, json};

/// Names in the contract and on the aggregator's page.
const NAMES: [(&str, &str); 27] = [
    ("deviceId", "device_id"),
    ("osVersion", "os_version"),
    ("userTimeZoneOffset", "user_time_zone_offset"),
    ("language", "language"),
    ("screenDimensions", "screen_dimensions"),
    ("height", "height"),
    ("width", "width"),
    ("accountTenure", "account_tenure"),
    ("isRootedDevice", "is_rooted_device"),
    ("screenBrightness", "screen_brightness"),
    ("elapsedTimeSinceBoot", "elapsed_time_since_boot"),
    ("geolocation", "geolocation"),
    ("latitude", "latitude"),
    ("longitude", "longitude"),
    ("type", "type"),
    ("isMockGPS", "is_mock_gps"),
    ("isCallInProgress", "is_call_in_progress"),
    ("isDevModeEnabled", "is_dev_mode_enabled"),
    ("isEmulated", "is_emulated"),
    ("isMonkeyRunner", "is_monkey_runner"),
    ("isCharging", "is_charging"),
    ("isUsbConnected", "is_usb_connected"),
    ("antennaInformation", "antenna_information"),
    ("integrity", "integrity"),
    ("appRecognitionVerdict", "app_recognition_verdict"),
    ("deviceRecognitionVerdict", "device_recognition_verdict"),
    ("data", "data"),
];

/// What every device has to send.
const REQUIRED: [&str; 8] = [
    "deviceId",
    "osVersion",
    "userTimeZoneOffset",
    "language",
    "screenDimensions",
    "screenDimensions.height",
    "screenDimensions.width",
    "accountTenure",
];

/// What a phone has to send beside.
const OF_A_PHONE: [&str; 3] = ["isRootedDevice", "screenBrightness", "elapsedTimeSinceBoot"];

fn full() -> Value {
    json!({
        "deviceId": "5ad82a8f-37e5-4369-a1a3-be4b1fb9c034",
        "osVersion": "16.6",
        "userTimeZoneOffset": "-03:00",
        "language": "pt",
        "screenDimensions": { "height": 1080, "width": 1920 },
        "accountTenure": "2023-08-02",
        "isRootedDevice": false,
        "screenBrightness": 90.5,
        "elapsedTimeSinceBoot": 6_356_027,
        "geolocation": { "latitude": -15.738_602, "longitude": -47.926_498, "type": "FINE" },
        "isMockGPS": false,
        "isCallInProgress": true,
        "isDevModeEnabled": false,
        "isEmulated": false,
        "isMonkeyRunner": false,
        "isCharging": true,
        "isUsbConnected": false,
        "antennaInformation": "CellIdentityLte:{ mCi=2**********}",
        "integrity": {
            "appRecognitionVerdict": "PLAY_RECOGNIZED",
            "deviceRecognitionVerdict": "[\"MEETS_DEVICE_INTEGRITY\"]",
        },
    })
}

fn read(signals: &Value) -> Result<RiskSignals, Refusal> {
    RiskSignals::from_risk_signals(json!({ "data": signals }).to_string().as_bytes())
}

fn refused(signals: &Value) -> (u16, String) {
    let refusal = read(signals).unwrap_err();
    (refusal.status(), refusal.to_string())
}

/// The member at a path of names.
fn at<'a>(signals: &'a mut Value, path: &str) -> (&'a mut serde_json::Map<String, Value>, String) {
    let mut object = signals;
    let mut names = path.split('.').peekable();
    loop {
        let name = names.next().unwrap();
        if names.peek().is_none() {
            return (object.as_object_mut().unwrap(), name.to_owned());
        }
        object = &mut object[name];
    }
}

fn without(path: &str) -> Value {
    let mut signals = full();
    let (object, name) = at(&mut signals, path);
    object.remove(&name).unwrap();
    signals
}

fn with(path: &str, value: Value) -> Value {
    let mut signals = full();
    let (object, name) = at(&mut signals, path);
    object.insert(name, value);
    signals
}

fn in_underscores(value: &Value) -> Value {
    match value {
        Value::Object(members) => members
            .iter()
            .map(|(name, value)| {
                let (_, other) = NAMES.iter().find(|(known, _)| known == name).unwrap();
                ((*other).to_owned(), in_underscores(value))
            })
            .collect(),
        other => other.clone(),
    }
}

#[test]
fn the_three_bodies_give_the_same_signals() {
    let signals = read(&full()).unwrap();
    assert_eq!(serde_json::to_value(&signals).unwrap(), full());
    let authorise = json!({ "data": { "riskSignals": full(), "fidoAssertion": { "id": "" } } });
    assert_eq!(RiskSignals::from_authorise(authorise.to_string().as_bytes()), Ok(signals.clone()));
    let underscores = in_underscores(&full()).to_string();
    assert_eq!(RiskSignals::from_device_risk_signal(underscores.as_bytes()), Ok(signals.clone()));
    let stored = serde_json::to_string(&signals).unwrap();
    assert_eq!(serde_json::from_str::<RiskSignals>(&stored).unwrap(), signals);
}

#[test]
fn a_missing_member_is_named_as_it_is_spelled() {
    for path in REQUIRED {
        let expected = (422, format!("PARAMETRO_NAO_INFORMADO: {path}"));
        assert_eq!(refused(&without(path)), expected);
        assert_eq!(refused(&with(path, Value::Null)), expected);
        if !path.contains('.') {
            let underscores = in_underscores(&without(path)).to_string();
            let refusal = RiskSignals::from_device_risk_signal(underscores.as_bytes()).unwrap_err();
            let (_, name) = NAMES.iter().find(|(known, _)| *known == path).unwrap();
            assert_eq!(refusal.to_string(), format!("PARAMETRO_NAO_INFORMADO: {name}"));
        }
    }
    let height = in_underscores(&without("screenDimensions.height")).to_string();
    let refusal = RiskSignals::from_device_risk_signal(height.as_bytes()).unwrap_err();
    assert_eq!(refusal.to_string(), "PARAMETRO_NAO_INFORMADO: screen_dimensions.height");
    for path in ["geolocation.latitude", "geolocation.longitude", "geolocation.type"] {
        assert_eq!(refused(&without(path)), (422, format!("PARAMETRO_NAO_INFORMADO: {path}")));
    }
    assert_eq!(
        refused(&with("deviceId", json!(""))),
        (422, "PARAMETRO_NAO_INFORMADO: deviceId".to_owned())
    );
}

#[test]
fn what_is_optional_may_be_missing() {
    for path in [
        "isCallInProgress",
        "isDevModeEnabled",
        "isEmulated",
        "isMonkeyRunner",
        "isCharging",
        "isUsbConnected",
        "antennaInformation",
        "integrity",
        "integrity.appRecognitionVerdict",
        "integrity.deviceRecognitionVerdict",
        "geolocation",
    ] {
        let signals = read(&without(path)).unwrap();
        assert_eq!(signals.judge(SignalsDuty::Phone), Ok(()), "{path}");
    }
    assert_eq!(read(&without("geolocation")).unwrap().geolocation, None);
}

/// A place that a positioning system gave could be mocked; one that was concluded could not.
#[test]
fn a_measured_place_needs_to_say_whether_it_is_mocked() {
    for (kind, needed) in [("COARSE", true), ("FINE", true), ("INFERRED", false)] {
        let mut signals = with("geolocation.type", json!(kind));
        signals.as_object_mut().unwrap().remove("isMockGPS");
        if needed {
            let expected = (422, "PARAMETRO_NAO_INFORMADO: isMockGPS".to_owned());
            assert_eq!(refused(&signals), expected);
        } else {
            let place = read(&signals).unwrap().geolocation.unwrap();
            assert_eq!(place.kind, GeolocationKind::Inferred);
        }
    }
    let mut nowhere = without("geolocation");
    nowhere.as_object_mut().unwrap().remove("isMockGPS");
    assert!(read(&nowhere).is_ok());
}

#[test]
fn a_platform_obliges_as_its_version_says() {
    use ContractVersion::{V2_1, V2_2};
    for (platform, native, version, phone) in [
        (Platform::Android, true, V2_1, true),
        (Platform::Android, false, V2_1, true),
        (Platform::Ios, false, V2_1, true),
        (Platform::Browser, true, V2_1, false),
        (Platform::CrossPlatform, true, V2_1, false),
        (Platform::Android, true, V2_2, true),
        (Platform::Ios, true, V2_2, true),
        (Platform::Android, false, V2_2, false),
        (Platform::Ios, false, V2_2, false),
        (Platform::Browser, true, V2_2, false),
        (Platform::CrossPlatform, true, V2_2, false),
    ] {
        let duty = SignalsDuty::of(platform, native, version);
        assert_eq!(duty == SignalsDuty::Phone, phone, "{platform:?} {native} {version:?}");
        assert_eq!(read(&full()).unwrap().judge(duty), Ok(()));
        for member in OF_A_PHONE {
            let judged = read(&without(member)).unwrap().judge(duty);
            let judged = judged.map_err(|refusal| (refusal.status(), refusal.to_string()));
            let missing = format!("FALTAM_SINAIS_OBRIGATORIOS_DA_PLATAFORMA: {member}");
            assert_eq!(judged, if phone { Err((422, missing)) } else { Ok(()) });
        }
    }
}

#[test]
fn a_missing_signal_has_the_words_of_its_operation() {
    let refusal = read(&without("isRootedDevice")).unwrap().judge(SignalsDuty::Phone).unwrap_err();
    let title = |refusal: Refusal| {
        let body =
            refusal.body(device_enrollment::Language::PtBr, device_enrollment::UnixMillis(0));
        body.errors[0].title.clone()
    };
    assert!(title(refusal).starts_with("Os sinais obrigatórios"));
    assert!(title(refusal.in_operation(Operation::Authorise)).starts_with("Falta de sinais"));
}

#[test]
fn every_form_is_held() {
    let long = "a".repeat(2049);
    for (path, values) in [
        ("deviceId", vec![json!(1), json!("a\nb"), json!(long)]),
        ("osVersion", vec![json!(16.6), json!({})]),
        (
            "userTimeZoneOffset",
            ["03:00", "-3", "-3:00", "-03:0", "-03:60", "-24", "-03:00:00", "−03", "Z", "-"]
                .map(|text| json!(text))
                .to_vec(),
        ),
        ("language", ["p", "por", "PT", "pt-BR", "1a"].map(|text| json!(text)).to_vec()),
        ("screenDimensions", vec![json!([1, 2]), json!("1080x1920")]),
        ("screenDimensions.height", vec![json!(0), json!(-1), json!(1080.5), json!("1080")]),
        ("screenDimensions.width", vec![json!(4_294_967_296_u64), json!(true)]),
        (
            "accountTenure",
            [
                "2023-02-29",
                "2023-13-01",
                "2023-00-01",
                "2023-1-32",
                "23-01-01",
                "2023-01",
                "2023-001-01",
                "2023-01-01T00:00:00Z",
                "2023/01/01",
                "2023-01-01-01",
            ]
            .map(|text| json!(text))
            .to_vec(),
        ),
        ("isRootedDevice", vec![json!("false"), json!(0)]),
        ("screenBrightness", vec![json!(-0.1), json!("1")]),
        ("elapsedTimeSinceBoot", vec![json!(-1), json!(1.5), json!(u64::MAX)]),
        ("geolocation", vec![json!([]), json!("here")]),
        ("geolocation.latitude", vec![json!(90.1), json!(-90.1), json!("0")]),
        ("geolocation.longitude", vec![json!(180.1), json!(-180.1)]),
        ("geolocation.type", vec![json!("fine"), json!("EXACT"), json!(1)]),
        ("isMockGPS", vec![json!("no")]),
        ("isCallInProgress", vec![json!(1)]),
        ("antennaInformation", vec![json!({})]),
        ("integrity", vec![json!("PLAY_RECOGNIZED")]),
        ("integrity.appRecognitionVerdict", vec![json!(["PLAY_RECOGNIZED"])]),
        ("integrity.deviceRecognitionVerdict", vec![json!(["MEETS_DEVICE_INTEGRITY"])]),
    ] {
        for value in values {
            let expected = (422, format!("PARAMETRO_INVALIDO: {path}"));
            assert_eq!(refused(&with(path, value.clone())), expected, "{value}");
        }
    }
}

#[test]
fn two_spellings_of_a_value_are_kept_as_one() {
    let kept = |path: &str, value: &str| {
        serde_json::to_value(read(&with(path, json!(value))).unwrap()).unwrap()[path].clone()
    };
    assert_eq!(kept("userTimeZoneOffset", "-03"), "-03:00");
    assert_eq!(kept("userTimeZoneOffset", "+05:30"), "+05:30");
    assert_eq!(kept("accountTenure", "2023-8-2"), "2023-08-02");
    assert_eq!(kept("accountTenure", "2024-02-29"), "2024-02-29");
}

/// A member that nobody published is refused under the name of its object: its own is the sender's.
#[test]
fn what_is_not_published_is_refused() {
    for (path, object) in [
        ("isCallingProgress", "data"),
        ("is_rooted_device", "data"),
        ("screenDimensions.depth", "screenDimensions"),
        ("geolocation.accuracy", "geolocation"),
        ("integrity.verdict", "integrity"),
    ] {
        let expected = (422, format!("PARAMETRO_INVALIDO: {object}"));
        assert_eq!(refused(&with(path, json!(true))), expected);
    }
}

#[test]
fn a_body_that_is_no_object_of_signals_is_refused() {
    let of = |body: &str| RiskSignals::from_risk_signals(body.as_bytes()).unwrap_err().to_string();
    assert_eq!(of("{"), "CORPO_INVALIDO");
    assert_eq!(of(r#"{"data":{},"data":{}}"#), "CORPO_INVALIDO");
    assert_eq!(of("[]"), "PARAMETRO_INVALIDO: body");
    assert_eq!(of("{}"), "PARAMETRO_NAO_INFORMADO: data");
    assert_eq!(of(r#"{"data":1}"#), "PARAMETRO_INVALIDO: data");
    let authorise = RiskSignals::from_authorise(br#"{"data":{}}"#).unwrap_err().to_string();
    assert_eq!(authorise, "PARAMETRO_NAO_INFORMADO: riskSignals");
}

#[test]
fn nothing_of_the_person_is_printed() {
    let signals = read(&full()).unwrap();
    let printed = format!("{signals:?} {:?} {:?}", signals.geolocation, signals.integrity);
    assert_eq!(printed, "RiskSignals(..) Some(Geolocation(..)) Some(Integrity(..))");
}
