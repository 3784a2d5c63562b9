//! The administration's pages.

use std::fmt::Display;

use super::{Language, Texts, counted, texts};

texts! {
    ALL;
    // Sections.
    overview { en: "Overview", de: "Überblick" }
    accounts { en: "Accounts", de: "Konten" }
    clients_and_resources { en: "Clients and APIs", de: "Clients und APIs" }
    signing_keys { en: "Keys", de: "Schlüssel" }
    verifiers { en: "Verifiers", de: "Prüfer" }
    revocations { en: "Revocations", de: "Widerrufe" }
    audit_trail { en: "Audit trail", de: "Prüfpfad" }
    together { en: "Together", de: "Zusammen" }
    no_events { en: "There is no such event.", de: "Ein solches Ereignis gibt es nicht." }
    next_page { en: "Next page", de: "Nächste Seite" }
    first_page { en: "First page", de: "Erste Seite" }
    pages_of_list { en: "Pages of the list", de: "Seiten der Liste" }

    // Overview.
    let_in { en: "Let in", de: "Zugelassen" }
    refused { en: "Refused", de: "Abgewiesen" }
    let_in_over_time { en: "Let in, by what was tried", de: "Zugelassen, nach Art des Versuchs" }
    refused_over_time { en: "Refused, by reason", de: "Abgewiesen, nach Grund" }
    refused_hint {
        en: "The reasons are the codes that callers get.",
        de: "Die Gründe sind die Codes, die Aufrufer erhalten.",
    }
    counting_since {
        en: "This server counts by itself and remembers 24 hours. It has been counting since",
        de: "Dieser Server zählt selbst und merkt sich 24 Stunden. Er zählt seit",
    }
    range { en: "Period", de: "Zeitraum" }
    last_hour { en: "1 hour", de: "1 Stunde" }
    last_six_hours { en: "6 hours", de: "6 Stunden" }
    last_day { en: "24 hours", de: "24 Stunden" }
    step_begins { en: "From (UTC)", de: "Ab (UTC)" }
    other_reasons { en: "others", de: "andere" }
    numbers { en: "Numbers", de: "Zahlen" }
    nothing_counted {
        en: "Nothing was counted in this period.",
        de: "In diesem Zeitraum wurde nichts gezählt.",
    }
    attempt_login { en: "Log-in", de: "Anmeldung" }
    attempt_session { en: "Session", de: "Sitzung" }
    attempt_token { en: "Access token", de: "Zugriffstoken" }
    attempt_refresh { en: "Refresh", de: "Erneuerung" }
    attempt_register { en: "Registration", de: "Registrierung" }
    ids_in_force { en: "Revoked ids in force", de: "Wirksame Widerrufe" }
    checks_waiting { en: "Password checks waiting", de: "Wartende Passwortprüfungen" }

    // Accounts.
    search_accounts { en: "Search", de: "Suchen" }
    search_label { en: "Name or address begins with", de: "Name oder Adresse beginnt mit" }
    show_all { en: "Show all", de: "Alle zeigen" }
    no_account_found { en: "No account is called so.", de: "Kein Konto heißt so." }
    identifiers { en: "Names and addresses", de: "Namen und Adressen" }
    account_state { en: "State", de: "Zustand" }
    created { en: "Created", de: "Angelegt" }
    active { en: "active", de: "aktiv" }
    disabled { en: "disabled", de: "gesperrt" }
    account_id { en: "Account id", de: "Konto-ID" }
    subject { en: "Subject in tokens", de: "Subject in Tokens" }
    erased { en: "erased", de: "gelöscht" }
    erased_when { en: "Erased", de: "Gelöscht" }
    disabled_when { en: "Disabled", de: "Gesperrt" }
    nameless { en: "without a name", de: "ohne Namen" }
    your_own_account {
        en: "This is your own account.",
        de: "Das ist Ihr eigenes Konto.",
    }
    live_sessions { en: "Sessions", de: "Sitzungen" }
    no_sessions { en: "Nobody is logged in with it.", de: "Niemand ist damit angemeldet." }
    device { en: "Device", de: "Gerät" }
    kind { en: "Kind", de: "Art" }
    network_of { en: "Network", de: "Netz" }
    logged_in_when { en: "Since", de: "Seit" }
    seen_when { en: "Last seen", de: "Zuletzt gesehen" }
    action { en: "Action", de: "Aktion" }
    end_session_of(device, created) {
        en: "End the session of {created}: {device}",
        de: "Sitzung vom {created} beenden: {device}",
    }
    end_everywhere { en: "Log out everywhere", de: "Überall abmelden" }
    disable_account { en: "Disable the account", de: "Konto sperren" }
    enable_account { en: "Enable the account", de: "Konto freigeben" }
    account_roles_hint {
        en: "Separated by spaces. Whoever has admin may do everything that you see here. A change \
             reaches tokens at once: they must be refreshed.",
        de: "Durch Leerzeichen getrennt. Wer admin hat, darf alles, was Sie hier sehen. Eine Änderung \
             erreicht Tokens sofort: Sie müssen erneuert werden.",
    }
    save_roles { en: "Save the roles", de: "Rollen speichern" }
    what_was_done_to_it { en: "What was done to it", de: "Was damit geschah" }

    // Questions.
    disable_question(name) { en: "Disable {name}?", de: "{name} sperren?" }
    disable_means {
        en: "Everything of the account ends at once: its sessions, and every token that was given in \
             them. Nobody can log in with it until it is enabled again.",
        de: "Alles, was zu dem Konto gehört, endet sofort: die Sitzungen und alle Tokens daraus. \
             Niemand kann sich damit anmelden, bis es wieder freigegeben wird.",
    }
    end_all_question(name) { en: "Log {name} out everywhere?", de: "{name} überall abmelden?" }
    end_all_means {
        en: "All sessions end at once, and every token that was given in them. The account stays as \
             it is: one can log in again.",
        de: "Alle Sitzungen enden sofort, ebenso alle Tokens daraus. Das Konto bleibt, wie es ist: Man \
             kann sich wieder anmelden.",
    }
    emergency_question { en: "Revoke keys at once?", de: "Schlüssel sofort widerrufen?" }
    emergency_means {
        en: "For a key that somebody else may have. Everything that it signed is refused from now on, \
             here and by every verifier, and a new key signs at once. Whoever holds a token must \
             refresh it; services that know no revocation log fail until they fetch the new keys.",
        de: "Für einen Schlüssel, den jemand anderes haben könnte. Alles, was er signiert hat, wird ab \
             jetzt abgelehnt, hier und von jedem Prüfer, und ein neuer Schlüssel signiert sofort. Wer \
             ein Token hat, muss es erneuern; Dienste ohne Widerrufsprotokoll scheitern, bis sie die \
             neuen Schlüssel geholt haben.",
    }
    emergency_one(kid) { en: "It is about the key {kid}.", de: "Es geht um den Schlüssel {kid}." }
    emergency_all {
        en: "It is about every key that signs access tokens now.",
        de: "Es geht um jeden Schlüssel, der jetzt Zugriffstokens signiert.",
    }
    emergency_button { en: "Revoke and replace", de: "Widerrufen und ersetzen" }

    // Clients and APIs.
    clients { en: "Clients", de: "Clients" }
    apis { en: "APIs", de: "APIs" }
    configured_in_file {
        en: "They stand in the configuration file. Secrets are kept as hashes and shown nowhere.",
        de: "Sie stehen in der Konfigurationsdatei. Geheimnisse sind nur als Hash gespeichert und werden \
             nirgends gezeigt.",
    }
    client { en: "Client", de: "Client" }
    built_in { en: "built in", de: "eingebaut" }
    authentication { en: "Proves itself", de: "Weist sich aus" }
    with_secret { en: "with a secret", de: "mit einem Geheimnis" }
    not_at_all { en: "not at all (public)", de: "gar nicht (öffentlich)" }
    scopes { en: "Scopes", de: "Scopes" }
    audience { en: "Audience", de: "Audience" }
    token_lifetime { en: "Tokens live for", de: "Tokens gelten" }
    algorithm { en: "Algorithm", de: "Algorithmus" }

    // Keys.
    key_id { en: "Key id", de: "Schlüssel-ID" }
    purpose { en: "Signs", de: "Signiert" }
    purpose_token { en: "access tokens", de: "Zugriffstokens" }
    purpose_log { en: "the revocation log", de: "das Widerrufsprotokoll" }
    key_next { en: "next", de: "nächster" }
    key_active { en: "signing", de: "signiert" }
    key_retired { en: "retired", de: "abgelöst" }
    key_gone { en: "gone", de: "weg" }
    key_age { en: "Made", de: "Erzeugt" }
    key_detail { en: "Detail", de: "Einzelheiten" }
    signs_since { en: "signs since", de: "signiert seit" }
    signs_from { en: "may sign from", de: "darf signieren ab" }
    published_until { en: "published until", de: "veröffentlicht bis" }
    gone_since { en: "gone since", de: "weg seit" }
    waits_for(readers) { en: "waits for {readers}", de: "wartet auf {readers}" }
    waits_for_nobody {
        en: "every verifier that tells has it",
        de: "jeder Prüfer, der es sagt, hat ihn",
    }
    rotate_keys { en: "Rotate the keys", de: "Schlüssel wechseln" }
    rotate_means {
        en: "New keys are published now. They sign once every verifier could have fetched them, and \
             those that report their keys have. Nothing is refused meanwhile.",
        de: "Neue Schlüssel werden jetzt veröffentlicht. Sie signieren, sobald jeder Prüfer sie holen \
             konnte und alle, die ihre Schlüssel melden, sie haben. In der Zwischenzeit wird nichts \
             abgelehnt.",
    }
    emergency { en: "A key is compromised", de: "Ein Schlüssel ist kompromittiert" }
    revoke_this_key(kid) { en: "Revoke the key {kid}", de: "Schlüssel {kid} widerrufen" }
    revoke { en: "Revoke", de: "Widerrufen" }

    // Verifiers.
    verifiers_hint {
        en: "Services that follow the revocation log as an authenticated client and were heard of \
             within five minutes.",
        de: "Dienste, die dem Widerrufsprotokoll als ausgewiesener Client folgen und in den letzten fünf \
             Minuten zu hören waren.",
    }
    no_verifiers {
        en: "No service follows the revocation log at the moment. Whoever reads it without an instance \
             id is not listed.",
        de: "Zurzeit folgt kein Dienst dem Widerrufsprotokoll. Wer es ohne Instanz-ID liest, steht hier \
             nicht.",
    }
    verifier_instance { en: "Instance", de: "Instanz" }
    software { en: "Software", de: "Software" }
    progress { en: "Progress", de: "Fortschritt" }
    up_to_date { en: "up to date", de: "auf dem Stand" }
    entries_behind(entries) { en: "{entries} behind", de: "{entries} im Rückstand" }
    heard_of { en: "Heard of", de: "Zu hören" }
    listening { en: "listening", de: "hört zu" }
    silent_since(wait) { en: "silent for {wait}", de: "seit {wait} still" }
    keys_held { en: "Keys held", de: "Schlüssel" }
    keys_current { en: "current", de: "aktuell" }
    keys_other { en: "others", de: "andere" }
    keys_untold { en: "not told", de: "nicht gemeldet" }

    // Revocations.
    log_ends_at(head) {
        en: "The log ends at number {head}; what can no longer matter is forgotten.",
        de: "Das Protokoll endet bei Nummer {head}; was keine Rolle mehr spielen kann, wird vergessen.",
    }
    number { en: "Number", de: "Nummer" }
    when { en: "When", de: "Wann" }
    what { en: "What", de: "Was" }
    reason { en: "Reason", de: "Grund" }
    remembered_until { en: "Remembered until", de: "Gemerkt bis" }
    for_ever { en: "for ever", de: "für immer" }
    expired { en: "expired", de: "abgelaufen" }
    below_version(version) { en: "below version {version}", de: "unter Version {version}" }
    node_session { en: "session", de: "Sitzung" }
    node_grant { en: "grant", de: "Berechtigung" }
    node_token { en: "access token", de: "Zugriffstoken" }
    node_client { en: "client", de: "Client" }
    node_key { en: "key", de: "Schlüssel" }
    node_other { en: "something", de: "etwas" }

    // Audit trail.
    who { en: "Who", de: "Wer" }
    on_what { en: "On what", de: "Woran" }
    filter_action { en: "Only this action", de: "Nur diese Aktion" }
    filter_target { en: "Only what was done to this id", de: "Nur, was an dieser ID geschah" }
    every_action { en: "every action", de: "alle Aktionen" }
    apply_filter { en: "Filter", de: "Filtern" }

    // What was done.
    back { en: "Back", de: "Zurück" }
    did_disable { en: "The account is disabled.", de: "Das Konto ist gesperrt." }
    did_enable { en: "The account is enabled again.", de: "Das Konto ist wieder freigegeben." }
    did_end_all { en: "The account is logged out everywhere.", de: "Das Konto ist überall abgemeldet." }
    did_set_roles { en: "The roles are saved.", de: "Die Rollen sind gespeichert." }
    did_rotate {
        en: "The next keys are published. They sign when their time has come.",
        de: "Die nächsten Schlüssel sind veröffentlicht. Sie signieren, wenn ihre Zeit gekommen ist.",
    }
    did_revoke_keys { en: "The keys were revoked and replaced.", de: "Die Schlüssel sind widerrufen und ersetzt." }
}

counted! {
    COUNTED;
    refused_now {
        en: "{count} id is refused at this moment." | "{count} ids are refused at this moment.",
        de: "{count} ID wird in diesem Augenblick abgelehnt." | "{count} IDs werden in diesem Augenblick abgelehnt.",
    }
    verifiers_known { en: "{count} verifier" | "{count} verifiers", de: "{count} Prüfer" | "{count} Prüfer" }
    verifiers_silent { en: "{count} silent" | "{count} silent", de: "{count} still" | "{count} still" }
    verifiers_behind { en: "{count} behind" | "{count} behind", de: "{count} im Rückstand" | "{count} im Rückstand" }
    ends_sessions {
        en: "It is logged in with {count} session." | "It is logged in with {count} sessions.",
        de: "Es ist mit {count} Sitzung angemeldet." | "Es ist mit {count} Sitzungen angemeldet.",
    }
    log_entries { en: "{count} entry" | "{count} entries", de: "{count} Eintrag" | "{count} Einträge" }
}
