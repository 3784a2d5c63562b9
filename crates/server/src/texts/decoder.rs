//! The token decoder: the page around what its script shows.

use std::fmt::Display;

use super::{Language, Texts, texts};

texts! {
    ALL;
    decoder_intro {
        en: "Read a JSON Web Token, check it, and see what a careful reader would object to.",
        de: "Ein JSON Web Token lesen, prüfen und sehen, was ein sorgfältiger Leser beanstanden würde.",
    }
    decoder_private {
        en: "The token does not leave this page: everything is done in your browser, which may not \
             connect to anything from here. Nothing is kept.",
        de: "Das Token verlässt diese Seite nicht: Alles geschieht in Ihrem Browser, der sich von hier \
             aus mit nichts verbinden darf. Nichts wird aufbewahrt.",
    }
    decoder_needs_script {
        en: "This page works in your browser alone and needs JavaScript for that. Without it, the \
             command line shows the same:",
        de: "Diese Seite arbeitet allein in Ihrem Browser und braucht dafür JavaScript. Ohne zeigt die \
             Befehlszeile dasselbe:",
    }
    decoder_loading { en: "Loading the decoder …", de: "Der Decoder wird geladen …" }
    decoder_broken {
        en: "The decoder could not be loaded. A recent Chrome, Edge, Firefox or Safari is needed, \
             with WebAssembly allowed.",
        de: "Der Decoder konnte nicht geladen werden. Nötig ist ein aktueller Browser (Chrome, Edge, \
             Firefox oder Safari), der WebAssembly erlaubt.",
    }
    token { en: "Token", de: "Token" }
    token_hint {
        en: "Paste it, or drop a file with it here.",
        de: "Einfügen oder eine Datei damit hierher ziehen.",
    }
    clear { en: "Clear everything", de: "Alles leeren" }
    held_against { en: "Hold it against", de: "Daran messen" }
    held_against_why {
        en: "With these the token is verified as a service would verify it.",
        de: "Damit wird das Token so geprüft, wie ein Dienst es prüfen würde.",
    }
    expected_issuer { en: "Expected issuer", de: "Erwarteter Aussteller" }
    expected_audience { en: "Expected audience", de: "Erwartete Zielgruppe (audience)" }
    expected_typ { en: "Kind of token", de: "Art des Tokens" }
    typ_access { en: "Access token (typ at+jwt)", de: "Zugriffstoken (typ at+jwt)" }
    typ_other {
        en: "ID token or another JWT (typ JWT or none)",
        de: "ID-Token oder anderes JWT (typ JWT oder keiner)",
    }
    key { en: "Key", de: "Schlüssel" }
    key_hint {
        en: "A JWK or a JWK Set. A shared secret is a JWK with \"kty\": \"oct\".",
        de: "Ein JWK oder ein JWK Set. Ein gemeinsames Geheimnis ist ein JWK mit \"kty\": \"oct\".",
    }
    own_keys { en: "Take this server’s keys and name", de: "Schlüssel und Namen dieses Servers nehmen" }

    // What is found.
    outcome { en: "Result", de: "Ergebnis" }
    header_part { en: "Header", de: "Kopf" }
    claims_part { en: "Claims", de: "Angaben (claims)" }
    signature_part { en: "Signature", de: "Signatur" }
    signature_bytes(bytes) { en: "{bytes} bytes", de: "{bytes} Byte" }
    checks_part { en: "Checks", de: "Prüfungen" }
    findings_part { en: "What the linter finds", de: "Was der Linter findet" }
    findings_none { en: "It finds nothing to object to.", de: "Er beanstandet nichts." }
    member_value { en: "Value", de: "Wert" }
    part_absent { en: "It is not there.", de: "Dieser Teil fehlt." }
    part_unreadable { en: "It cannot be read.", de: "Dieser Teil ist nicht lesbar." }
    part_text { en: "This is no JSON object:", de: "Das ist kein JSON-Objekt:" }
    part_empty { en: "It is empty.", de: "Dieser Teil ist leer." }
    date_not_a_number {
        en: "no time: it must be a number of seconds",
        de: "keine Zeit: es muss eine Zahl von Sekunden sein",
    }
    date_milliseconds {
        en: "no time: these look like milliseconds",
        de: "keine Zeit: das sehen nach Millisekunden aus",
    }
    date_no_moment { en: "no moment of the calendar", de: "kein Zeitpunkt des Kalenders" }

    // The verdict.
    verdict_accepted { en: "Accepted", de: "Angenommen" }
    verdict_accepted_why {
        en: "Every check passes. Whether the token was revoked is not known here.",
        de: "Jede Prüfung ist bestanden. Ob das Token widerrufen wurde, ist hier nicht bekannt.",
    }
    verdict_refused { en: "Refused", de: "Abgelehnt" }
    verdict_open { en: "Decoded, not verified", de: "Gelesen, nicht geprüft" }
    verdict_open_why(missing) {
        en: "Anybody can have written this. For a verdict there is missing: {missing}.",
        de: "Das kann jeder geschrieben haben. Für ein Urteil fehlt noch: {missing}.",
    }
    verdict_broken { en: "Not a token that can be read", de: "Kein lesbares Token" }
    missing_key { en: "a key", de: "ein Schlüssel" }
    missing_issuer { en: "the expected issuer", de: "der erwartete Aussteller" }
    missing_audience { en: "the expected audience", de: "die erwartete Zielgruppe" }
    oddity { en: "Odd:", de: "Auffällig:" }

    // The pasted key.
    key_pem {
        en: "PEM is not read here. Paste the key as a JWK.",
        de: "PEM wird hier nicht gelesen. Fügen Sie den Schlüssel als JWK ein.",
    }
    key_unusable(reason) { en: "Not usable: {reason}.", de: "Nicht brauchbar: {reason}." }
    key_usable(number) { en: "Usable keys: {number}.", de: "Brauchbare Schlüssel: {number}." }
    key_skipped(number) {
        en: "{number} of unknown or broken kind are left out.",
        de: "{number} von unbekannter oder fehlerhafter Art bleiben unbeachtet.",
    }
    key_private {
        en: "This is a private key. The public half is enough to verify; a private key belongs in no page.",
        de: "Das ist ein privater Schlüssel. Zum Prüfen genügt die öffentliche Hälfte; ein privater \
             Schlüssel gehört in keine Seite.",
    }

    // Checks and findings.
    outcome_passed { en: "passed", de: "bestanden" }
    outcome_failed { en: "failed", de: "nicht bestanden" }
    outcome_would_pass { en: "would pass", de: "wäre bestanden" }
    outcome_would_fail { en: "would fail", de: "wäre nicht bestanden" }
    outcome_not_made { en: "not checked", de: "nicht geprüft" }
    found { en: "found", de: "gefunden" }
    expected { en: "expected", de: "erwartet" }
    now { en: "now", de: "jetzt" }
    nothing { en: "nothing", de: "nichts" }
    fix { en: "To mend it:", de: "Abhilfe:" }
    severity_error { en: "error", de: "Fehler" }
    severity_warning { en: "warning", de: "Warnung" }
    severity_notice { en: "notice", de: "Hinweis" }
    because_missing(what) { en: "Missing: {what}.", de: "Es fehlt: {what}." }
    because_unreadable {
        en: "What it needs could not be read.",
        de: "Was dafür nötig ist, war nicht lesbar.",
    }
}
