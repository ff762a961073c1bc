//! Three fixed RSA-2048 keys for tests.
//!
//! Finding RSA primes takes seconds in a debug build, and a test that waits for primes is
//! a test nobody runs; so the keys are made once and kept here. They protect nothing.

/// The parts of one RSA private key, in big-endian hexadecimal. The exponent is 65537.
pub(crate) struct FixedRsaKey {
    pub modulus: &'static str,
    pub private_exponent: &'static str,
    pub prime_p: &'static str,
    pub prime_q: &'static str,
}

/// The fixed keys, picked by number.
pub(crate) const FIXED_RSA_KEYS: [FixedRsaKey; 3] = [
    FixedRsaKey {
        modulus: concat!(
            "c233eca9a23f68c1bd20ba0e2b64388adc41a194b2471175e5795c04d4f992f9",
            "1c1ee64a6e458ce6b24582c111078240af6ebf5b0e95cf40ab15050b3a4dcf4d",
            "fa86960696b3e93080bdc80c4176054529a60f0dd65accb578cc9df7d69c9bf3",
            "1e6e533c90f3f92fb4667440345bca577c557cb511b70b33a8e2de4d0dc3f35a",
            "196cd587c8a4d2e2e844332b40fbf5fb8673e9389630a83077689fb62ced1dec",
            "b48a402e472601f834e7cb6ecffdda59103cfc8e075a736c132cde4cb10d8e3a",
            "d3905804031e4d9f016989c5180543b17e0b2f8d39d6422418f903e1976ed4ea",
            "d1e47713aa73d5abdc123410c19dba108bbc0e465f49efe7e7b47cf4b85dc4a5",
        ),
        private_exponent: concat!(
            "192d632ad0e298a1b973d33b400be3bab8f8774ad05c1f5ae20fbc4ad213b326",
            "c1ab0ddf2b71afe53eca7d3bab8a062c7db20573f82d9aeb7ee2a03f46e54c91",
            "86ffc8d67cd6414eacfa2dc3ccfed08b196db278f047e04f4ca4767c69a1ef23",
            "f357894a0a5edef8fcd1e59367565922c3774fce27c84bd6fc37c16b4af41309",
            "eaecc8fdcf10feb2f0d7def52b7eeef612fabafca97e95db39c4e331dfb218e4",
            "cb2c8e1fd32d078e6dd3cfe7404e25cfa04936bb188a140c7af165b2c71f57fa",
            "22718a49769381316f90f2444b1b4821b6feffca0fad430298ca7364ba7507d1",
            "3de4b703c5598a0ebaee9e7650e3fc399e88b2cb842fb5676bdb5b58709dbf81",
        ),
        prime_p: concat!(
            "ea1c5958c6f39769a9c7ec11b95d0420ccd6e63f250647874caae444fb118707",
            "69015f87b900b41c1e7252fc46e15cf12d0c4161c0edb1c941c5aaf97add4831",
            "4a7318965880a6a8f17ab4fd95eb0d481d04aaf197dc1e2c16985cabd65c436c",
            "272bcd7011ab02d8b9b06133572f9ed4874a0f304975a5f93bd5bbd02f01bfe5",
        ),
        prime_q: concat!(
            "d45c580278ff8846ecf58ea46e43693305e0dd92379082053d9961a1b51aeb8c",
            "a2a52cfd1c1f778bbfdb9abbc684f65acb040c3a80df33e7085d316bec78c374",
            "49ed1f85432e29b280ba7481af856c54582928b1c3a71c8bc5e7b4a0a5225924",
            "b50ea81678c30e71a9f4f3b18d02a4e164b76043a85471baee21ffa7551025c1",
        ),
    },
    FixedRsaKey {
        modulus: concat!(
            "bf405527d8e674a96d9710cd8c36cbe899d401eca39253a5705587a8fc84c13b",
            "713aa9a8b662ed4239acf04a008c028d43455388eb87cb0c6daba07ded3d6692",
            "3a584ce8f6302803b656ba2e37ce432da1e18b4a323de66698049d1bdd89c559",
            "b75d3e113615f92b8a07e2cec3e8617b7c1a248b221c66c190b2b81837ba6b34",
            "09f6560d5679c34a99bd7c837c30e0e425f71e39c9486d7ad0ab6a8ce34fe67c",
            "561d29780ab445b4ac84d2a0b47e3e03073c98c8ed7446cf633a227e0d4273c1",
            "759f81b2185b2ba398fe96474a76a1da3e2437c62a36924a166f23265a4922f1",
            "dbad374b670a04998ac3a95f706961f740c6d49948928c9360a5d9489c2f32fd",
        ),
        private_exponent: concat!(
            "1124a09d76454e0ec3da87308d9179dcab31444ce46aa0e1d2fc6fb1179584c6",
            "a1c32ae30b1a39ff363148c6b15edb79b31e7b3aea35dd5f0b53978ac221bf58",
            "7b2f60117fc3d84a60e54c4209518d57014c38d299475028411724c813271ed0",
            "086e2cba993906013f99ae5c6f561caad778766f1c4b2470d45a18c35ef77055",
            "6da3ebf6fe4f9b5321ee6268b80c5a7ae621f1d7c83086da7b403b995594c8a3",
            "5bfebe564d84d7c7b2a5d72ff775fc9ee9958a6129a6dc5571d1e67b2772e3b1",
            "213dde4f0370b81164e07f6e91ec20c25bf0363954005849e2efea289d55e82b",
            "0d512f14bfd3779a05221af4eaa6258102f3fc78e8c48b669e6b18dbbaa2c8b1",
        ),
        prime_p: concat!(
            "e1e7813ca1a15aec04e32058d9ee8af90104dffd30189608373dc670a07313d7",
            "71338fed1606d56640549f22f0f33ae5ec610437252b063ac01913713618eb9a",
            "bbdd7c12f6a15176dda9d10f19922810092d71d7f250671db2f4b4b334a1c760",
            "d09950f8db25d5b1baafe0f794861e96c555843be65820edf23d1c6c480d2b39",
        ),
        prime_q: concat!(
            "d8bafb790972b0b878da6eaec95878db7386477cb8e5f986828febfd5b3d4b9c",
            "6400f709aa64637e19abdc84831235bbf03d861d4be9bac2b15212350b5df343",
            "fdc300120eef046b39ab4275d11eed8e4cd1e622110aa7198267d757582e83e6",
            "644b347071f3f09c6f21d5377b889d29af3c42c04bb346f7d2de847a630ed1e5",
        ),
    },
    FixedRsaKey {
        modulus: concat!(
            "e6dac7a9944838a14baf4da784a8fe2889d21a8db11a6200c428ecd7d0c8c171",
            "17ea8d69658d5f759069db9be1fdeeaa3933a55f0e36aa6501b00e5330b19eb4",
            "cb1670b4aa2d8ca95484f043d9fe900509cc3de60bb11f459334f81fe5c98ea9",
            "a44d90d9845a31d59e07bd58f3e392484e85772a62db63b12187d8c959a15e70",
            "99d888c3aa972d25266cc8b7b574931e7c5d1400d09d4a60af5f5c77ec149ed5",
            "c534f834c7d3ce4162cb330566cef32b2a48b42e76b258116257e535bbe43d2f",
            "2011c1624ac5fbd1aa7a339bf06b8b8ab063b7283cb55bfeda640008745005ee",
            "cd16d6f46dfd2b1bf364041a2f2a4b984cbd0e4053ba7e15e2984741aa5fa0c7",
        ),
        private_exponent: concat!(
            "00994caf49ed2e086d13d555bbe85c506a9b1aea872d1458002a4303044da102",
            "d4170daada52958ece8317c8bdbb54e52824d426fcf87354b3be6b2b18133de0",
            "262eb6b82140e0fe877398d3f43aced0d487ad196daa55f46e3f52ed72412597",
            "970f8472abff37e5dff5112eabe3493bdac849d8d84ccd63663cddf917bc6d6c",
            "4816fce6592c7681287dd3ebe3eef98226e3aee0777c5856a23495d8d484357d",
            "eba9c78982211805b5ad0d44436cf6db2bc3af8fa5eda0e0f776d6db6acef138",
            "2769be57fc3c8ade47972d424cb37262ce1e9e22f7618c766253d9e94961f32a",
            "9db1a895a0cd47466145f47a6f6ef56896bc227dd2d98fd1296985fc2c0484c1",
        ),
        prime_p: concat!(
            "f60ba3798f0dc5dd998328145e854c8d4534463a5b54e45c54ecbeb83ca5e7c3",
            "ebd460e259ce530e58196c97a9bef6d97c306a889d1a92370f7c4da2d42bb27e",
            "3b537272272b64d4dc51f9017bc23052215a63262f33a081d95b98765e00617d",
            "70dbb60617eae12cc86c79649cf5cc87003846e945c56a5cc241e8cf0983bf51",
        ),
        prime_q: concat!(
            "f031ce31e71d76e8af91aa1904507e182556551437d3345ae0243b3da1d21740",
            "4c46b07d18c90487d35600aef46ff0117fa0d53128fcf52519ed2dc69be2aa2b",
            "6c6d5b64b965b9e4052ffc250ea4b531c61e065418c73d186d1a1d93268506fa",
            "9b108b6abe1e3860ca16089d9c272e6e729500a0542745d56493830c396b4897",
        ),
    },
];
