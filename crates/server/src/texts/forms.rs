//! What stands around every page, and the forms before the log-in.

use std::fmt::Display;

use super::{Language, Texts, texts};

texts! {
    ALL;
    // Around every page.
    error_mark { en: "Error:", de: "Fehler:" }
    skip_to_content { en: "Skip to the content", de: "Zum Inhalt springen" }
    menu { en: "Menu", de: "Menü" }
    your_account { en: "Your account", de: "Ihr Konto" }
    console { en: "Administration", de: "Verwaltung" }
    token_decoder { en: "Token decoder", de: "Token-Decoder" }
    log_in { en: "Log in", de: "Anmelden" }
    log_out { en: "Log out", de: "Abmelden" }
    register { en: "Register", de: "Registrieren" }
    cancel { en: "Cancel", de: "Abbrechen" }
    show_password { en: "Show", de: "Anzeigen" }
    hide_password { en: "Hide", de: "Verbergen" }
    just_now { en: "just now", de: "gerade eben" }

    // Fields.
    identifier { en: "Name or e-mail address", de: "Name oder E-Mail-Adresse" }
    password { en: "Password", de: "Passwort" }
    repeat_password { en: "The same password again", de: "Dasselbe Passwort noch einmal" }
    password_length(min) { en: "At least {min} characters.", de: "Mindestens {min} Zeichen." }
    password_advice {
        en: "A few words that only you would put together are good.",
        de: "Gut sind ein paar Wörter, die nur Sie so zusammenstellen würden.",
    }

    // Log in, register.
    no_account { en: "No account yet?", de: "Noch kein Konto?" }
    have_account { en: "You have an account?", de: "Sie haben schon ein Konto?" }
    create_account { en: "Create the account", de: "Konto anlegen" }

    // Set up.
    set_up { en: "Set up", de: "Einrichten" }
    set_up_why {
        en: "Nobody administers this server yet. Make the first administrator with the code that \
             the server showed when it was started.",
        de: "Diesen Server verwaltet noch niemand. Legen Sie mit dem Code, den er beim Start gezeigt \
             hat, das erste Verwaltungskonto an.",
    }
    set_up_code { en: "Set-up code", de: "Einrichtungscode" }
    set_up_code_hint {
        en: "Four groups of four characters; lower case and without dashes is fine.",
        de: "Vier Gruppen zu je vier Zeichen; auch klein und ohne Striche.",
    }
    create_admin { en: "Make the administrator", de: "Verwaltungskonto anlegen" }

    // Log out.
    log_out_question { en: "Log out?", de: "Abmelden?" }
    log_out_what {
        en: "This ends your session on this device.",
        de: "Damit endet Ihre Sitzung auf diesem Gerät.",
    }
    stay { en: "Stay logged in", de: "Angemeldet bleiben" }

    // What was just done.
    logged_out { en: "You are logged out.", de: "Sie sind abgemeldet." }
    registered {
        en: "Your account is there. Log in with it.",
        de: "Ihr Konto ist angelegt. Melden Sie sich damit an.",
    }
    is_set_up {
        en: "Set-up is done. Log in as the administrator.",
        de: "Der Server ist eingerichtet. Melden Sie sich mit dem Verwaltungskonto an.",
    }
}
