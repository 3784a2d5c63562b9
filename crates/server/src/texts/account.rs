//! The account page, and what ending sessions reaches.

use std::fmt::Display;

use super::{Language, Texts, counted, texts};

texts! {
    ALL;
    // Who one is.
    who_you_are { en: "Who you are", de: "Wer Sie sind" }
    e_mail_address { en: "E-mail address", de: "E-Mail-Adresse" }
    name { en: "Name", de: "Name" }
    roles { en: "Roles", de: "Rollen" }
    not_verified { en: "not verified", de: "nicht bestätigt" }
    since { en: "Member since", de: "Konto seit" }

    // Profile.
    profile { en: "Profile", de: "Profil" }
    profile_hint {
        en: "All of it is optional. Apps see it only if an administrator lets them.",
        de: "Alles ist freiwillig. Anwendungen sehen es nur, wenn die Verwaltung es ihnen erlaubt.",
    }
    display_name { en: "Display name", de: "Anzeigename" }
    given_name { en: "Given name", de: "Vorname" }
    family_name { en: "Family name", de: "Nachname" }
    language_label { en: "Language", de: "Sprache" }
    language_of_browser { en: "As my browser says", de: "Wie mein Browser es sagt" }
    save_profile { en: "Save the profile", de: "Profil speichern" }
    profile_saved { en: "Your profile is saved.", de: "Ihr Profil ist gespeichert." }

    // Sessions.
    where_logged_in { en: "Where you are logged in", de: "Wo Sie angemeldet sind" }
    this_device { en: "This device", de: "Dieses Gerät" }
    unknown_device { en: "Unknown device", de: "Unbekanntes Gerät" }
    browser_on(browser, system) { en: "{browser} on {system}", de: "{browser} unter {system}" }
    browser_session { en: "Browser", de: "Browser" }
    app_session { en: "App", de: "App" }
    network(network) { en: "from network {network}", de: "aus dem Netz {network}" }
    logged_in_at { en: "Logged in", de: "Angemeldet" }
    last_seen { en: "Last seen", de: "Zuletzt gesehen" }
    end { en: "End", de: "Beenden" }
    end_the_session(device, created) {
        en: "End the session: {device}, since {created}",
        de: "Sitzung beenden: {device}, seit {created}",
    }
    end_others { en: "End all other sessions", de: "Alle anderen Sitzungen beenden" }

    // Before the end.
    end_one_question { en: "End this session?", de: "Diese Sitzung beenden?" }
    end_others_question {
        en: "End all other sessions?",
        de: "Alle anderen Sitzungen beenden?",
    }
    end_this_session { en: "End this session", de: "Diese Sitzung beenden" }
    this_is_you {
        en: "This is the session that you are using now: you will be logged out.",
        de: "Das ist die Sitzung, die Sie gerade benutzen: Sie werden abgemeldet.",
    }
    what_it_reaches { en: "What it reaches", de: "Was es erreicht" }
    reaches_one_log_in {
        en: "No app has tokens through it; only the log-in itself ends.",
        de: "Keine Anwendung hat darüber Tokens; nur die Anmeldung selbst endet.",
    }
    reaches_log_ins {
        en: "No app has tokens through them; only the log-ins themselves end.",
        de: "Keine Anwendung hat darüber Tokens; nur die Anmeldungen selbst enden.",
    }
    no_other_sessions {
        en: "You are logged in nowhere else.",
        de: "Sie sind nirgendwo sonst angemeldet.",
    }
    access_tokens_hint {
        en: "Access tokens are not kept, so they are counted by the app log-ins that may still hold \
             one. They are refused at once by every service that follows the revocation log, and \
             elsewhere when they expire.",
        de: "Zugriffstokens werden nicht gespeichert; gezählt sind deshalb die App-Anmeldungen, die \
             noch eines haben können. Dienste, die dem Widerrufsprotokoll folgen, lehnen sie sofort \
             ab, andere erst, wenn sie ablaufen.",
    }

    // After the end.
    what_happened { en: "What happened", de: "Was geschehen ist" }
    session_ended { en: "The session was ended.", de: "Die Sitzung wurde beendet." }
    others_ended {
        en: "All other sessions were ended.",
        de: "Alle anderen Sitzungen wurden beendet.",
    }
    session_gone {
        en: "That session had ended already.",
        de: "Diese Sitzung war schon beendet.",
    }
    password_changed {
        en: "Your password is changed. All other sessions were ended.",
        de: "Ihr Passwort ist geändert. Alle anderen Sitzungen wurden beendet.",
    }
    receipt_here {
        en: "This server refuses everything that was ended from now on.",
        de: "Dieser Server lehnt ab jetzt alles ab, was beendet wurde.",
    }
    receipt_none {
        en: "No other service follows the revocation log at the moment.",
        de: "Zurzeit folgt kein anderer Dienst dem Widerrufsprotokoll.",
    }
    receipt_all(services, millis) {
        en: "It is applied by {services}, the last after {millis} ms.",
        de: "Übernommen ist es von {services}, zuletzt nach {millis} ms.",
    }
    receipt_some(services) {
        en: "It is applied by {services}.",
        de: "Übernommen ist es von {services}.",
    }
    receipt_behind(services) {
        en: "Not yet by {services}, though they are listening.",
        de: "Noch nicht von {services}, obwohl die Verbindung steht.",
    }
    receipt_silent(services) {
        en: "Nothing was heard of {services}; without news they refuse by themselves.",
        de: "Nichts gehört wurde von {services}; ohne Nachricht lehnt ein Dienst von selbst ab.",
    }
    receipt_busy {
        en: "Too many receipts are being waited for, so this one is not complete. What was ended is ended.",
        de: "Es wird auf zu viele Quittungen gewartet, deshalb ist diese nicht vollständig. Was beendet wurde, ist beendet.",
    }
    receipt_gone {
        en: "This receipt is no longer to be had. What was ended is ended.",
        de: "Diese Quittung gibt es nicht mehr. Was beendet wurde, ist beendet.",
    }
    look_again { en: "Look again", de: "Noch einmal nachsehen" }
    service { en: "Service", de: "Dienst" }
    instance { en: "Instance", de: "Instanz" }
    state { en: "State", de: "Stand" }
    applied_after(millis) { en: "applied after {millis} ms", de: "übernommen nach {millis} ms" }
    behind_by(entries) { en: "behind by {entries}", de: "im Rückstand um {entries}" }
    silent_for(wait) { en: "silent for {wait}", de: "still seit {wait}" }
    to_the_account { en: "Back to your account", de: "Zurück zu Ihrem Konto" }

    // Password.
    change_password { en: "Change your password", de: "Passwort ändern" }
    change_password_hint {
        en: "All other sessions end when it is changed.",
        de: "Alle anderen Sitzungen enden, sobald es geändert ist.",
    }
    current_password { en: "Current password", de: "Bisheriges Passwort" }
    new_password { en: "New password", de: "Neues Passwort" }
    repeat_new_password { en: "The new password again", de: "Das neue Passwort noch einmal" }
    save_password { en: "Change the password", de: "Passwort ändern" }
}

counted! {
    COUNTED;
    reached_sessions { en: "{count} session" | "{count} sessions", de: "{count} Sitzung" | "{count} Sitzungen" }
    reached_apps { en: "{count} app" | "{count} apps", de: "{count} Anwendung" | "{count} Anwendungen" }
    reached_refresh { en: "{count} refresh token" | "{count} refresh tokens", de: "{count} Refresh-Token" | "{count} Refresh-Tokens" }
    reached_access {
        en: "the access tokens of up to {count} app log-in" | "the access tokens of up to {count} app log-ins",
        de: "die Zugriffstokens von bis zu {count} App-Anmeldung" | "die Zugriffstokens von bis zu {count} App-Anmeldungen",
    }
    services { en: "{count} service" | "{count} services", de: "{count} Dienst" | "{count} Diensten" }
    entries { en: "{count} entry" | "{count} entries", de: "{count} Eintrag" | "{count} Einträge" }
}
