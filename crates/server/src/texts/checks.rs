//! The checks of a token, and why one fails: what the decoder's page says of each.

use super::{Language, Texts, texts};

texts! {
    ALL;
    // One for each check of `symbolon_jose::Check` that the decoder tells of.
    check_shape {
        en: "It has three parts of base64url between two dots, and 16 KiB at most.",
        de: "Es hat drei Teile in base64url zwischen zwei Punkten und höchstens 16 KiB.",
    }
    check_header {
        en: "The header is a JSON object in which no name stands twice.",
        de: "Der Kopf ist ein JSON-Objekt, in dem kein Name doppelt steht.",
    }
    check_algorithm {
        en: "The algorithm is one that the reader accepts, whatever the token would like.",
        de: "Der Algorithmus ist einer, den der Leser annimmt, gleich was das Token gern hätte.",
    }
    check_b64 { en: "There is no b64: the payload is encoded.", de: "Es gibt kein b64: Der Inhalt ist kodiert." }
    check_crit {
        en: "There is no crit: nothing is demanded that the reader does not know.",
        de: "Es gibt kein crit: Nichts wird verlangt, was der Leser nicht kennt.",
    }
    check_zip { en: "There is no zip: nothing is compressed.", de: "Es gibt kein zip: Nichts ist komprimiert." }
    check_typ {
        en: "The token is of the expected kind, so that no other is taken for it.",
        de: "Das Token ist von der erwarteten Art, damit kein anderes dafür gehalten wird.",
    }
    check_key {
        en: "A key is there that the header names with kid.",
        de: "Es gibt einen Schlüssel, den der Kopf mit kid nennt.",
    }
    check_key_algorithm {
        en: "The algorithm is one of this key’s own.",
        de: "Der Algorithmus ist einer dieses Schlüssels.",
    }
    check_signature {
        en: "The signature over header and payload is this key’s.",
        de: "Die Signatur über Kopf und Inhalt stammt von diesem Schlüssel.",
    }
    check_claims {
        en: "The claims are a JSON object in which no name stands twice and every type is right.",
        de: "Die Angaben sind ein JSON-Objekt, in dem kein Name doppelt steht und jeder Typ stimmt.",
    }
    check_exp { en: "It has not expired (5 seconds are forgiven).", de: "Es ist nicht abgelaufen (5 Sekunden werden verziehen)." }
    check_nbf { en: "Its time has come.", de: "Seine Zeit ist gekommen." }
    check_iat { en: "It was not issued in the future.", de: "Es wurde nicht in der Zukunft ausgestellt." }
    check_iss {
        en: "It comes from the expected issuer, compared byte for byte.",
        de: "Es kommt vom erwarteten Aussteller, Byte für Byte verglichen.",
    }
    check_aud {
        en: "It is meant for the expected audience.",
        de: "Es ist für die erwartete Zielgruppe bestimmt.",
    }

    // One for each code of `symbolon_jose::VerifyError`.
    code_token_too_large { en: "The token is larger than 16 KiB.", de: "Das Token ist größer als 16 KiB." }
    code_token_malformed {
        en: "These are not three parts of base64url. Copy the token whole, without quotes and line breaks.",
        de: "Das sind nicht drei Teile in base64url. Kopieren Sie das ganze Token, ohne Anführungszeichen und Umbrüche.",
    }
    code_jwe_not_supported {
        en: "This is an encrypted token (JWE), which only its recipient can read.",
        de: "Das ist ein verschlüsseltes Token (JWE), das nur sein Empfänger lesen kann.",
    }
    code_json_serialization_not_supported {
        en: "This is a token in JSON form; only the compact form is accepted.",
        de: "Das ist ein Token in JSON-Form; angenommen wird nur die kompakte Form.",
    }
    code_header_malformed { en: "The header is no JSON object with a text alg.", de: "Der Kopf ist kein JSON-Objekt mit einem Text alg." }
    code_header_duplicate_member {
        en: "A name stands twice in the header; readers differ on which counts.",
        de: "Ein Name steht im Kopf doppelt; welcher zählt, sehen Leser verschieden.",
    }
    code_claims_not_object { en: "The claims are no JSON object.", de: "Die Angaben sind kein JSON-Objekt." }
    code_claims_duplicate_member {
        en: "A name stands twice in the claims; readers differ on which counts.",
        de: "Ein Name steht in den Angaben doppelt; welcher zählt, sehen Leser verschieden.",
    }
    code_claims_malformed {
        en: "The claims are no JSON, or a registered one has the wrong type.",
        de: "Die Angaben sind kein JSON, oder eine der festgelegten hat den falschen Typ.",
    }
    code_alg_none {
        en: "alg is none: nothing protects this token. Somebody has taken its signature away.",
        de: "alg ist none: Nichts schützt dieses Token. Jemand hat ihm die Signatur genommen.",
    }
    code_alg_not_allowed {
        en: "The algorithm is not accepted, or not with this key.",
        de: "Der Algorithmus wird nicht angenommen, oder nicht mit diesem Schlüssel.",
    }
    code_b64_not_supported { en: "The header has b64, which is not supported.", de: "Der Kopf hat b64; das wird nicht unterstützt." }
    code_crit_not_supported {
        en: "The header demands extensions that are not supported.",
        de: "Der Kopf verlangt Erweiterungen, die nicht unterstützt werden.",
    }
    code_zip_not_supported { en: "Compressed tokens are not supported.", de: "Komprimierte Token werden nicht unterstützt." }
    code_typ_mismatch {
        en: "The token is of another kind. An ID token, for example, is no access token.",
        de: "Das Token ist von anderer Art. Ein ID-Token zum Beispiel ist kein Zugriffstoken.",
    }
    code_key_id_missing {
        en: "The header names no key, and the keys are a set.",
        de: "Der Kopf nennt keinen Schlüssel, und die Schlüssel sind ein Set.",
    }
    code_key_unknown {
        en: "None of the keys has this kid: the token is another issuer’s, or its key was withdrawn.",
        de: "Keiner der Schlüssel hat diese kid: Das Token ist von einem anderen Aussteller, oder sein Schlüssel wurde zurückgezogen.",
    }
    code_key_forbids_use {
        en: "The key is too weak or not meant to verify signatures.",
        de: "Der Schlüssel ist zu schwach oder nicht zum Prüfen von Signaturen bestimmt.",
    }
    code_signature_invalid {
        en: "The signature is wrong: the token was altered or cut, or another key has signed it.",
        de: "Die Signatur ist falsch: Das Token wurde verändert oder abgeschnitten, oder ein anderer Schlüssel hat es signiert.",
    }
    code_exp_missing { en: "The token has no exp: it would live for ever.", de: "Das Token hat kein exp: Es würde ewig gelten." }
    code_token_expired { en: "The token has expired.", de: "Das Token ist abgelaufen." }
    code_token_not_yet_valid { en: "The token is not valid yet.", de: "Das Token gilt noch nicht." }
    code_iat_missing { en: "The token does not say when it was issued.", de: "Das Token sagt nicht, wann es ausgestellt wurde." }
    code_issued_in_future {
        en: "The token was issued in the future: compare the clocks.",
        de: "Das Token wurde in der Zukunft ausgestellt: Vergleichen Sie die Uhren.",
    }
    code_lifetime_too_long { en: "The token lives too long.", de: "Das Token lebt zu lange." }
    code_issuer_missing { en: "The token names no issuer.", de: "Das Token nennt keinen Aussteller." }
    code_issuer_mismatch { en: "The token is another issuer’s.", de: "Das Token ist von einem anderen Aussteller." }
    code_audience_missing { en: "The token names no audience.", de: "Das Token nennt keine Zielgruppe." }
    code_audience_mismatch { en: "The token is meant for somebody else.", de: "Das Token ist für jemand anderen bestimmt." }
}
