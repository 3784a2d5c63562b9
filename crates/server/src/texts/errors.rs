//! What went wrong, and what one can do about it.

use std::fmt::Display;

use super::{Language, Texts, counted, texts};

texts! {
    ALL;
    // The error page.
    title_not_found { en: "Not here", de: "Hier ist nichts" }
    title_forbidden { en: "Not allowed", de: "Nicht erlaubt" }
    title_too_many { en: "Too many attempts", de: "Zu viele Versuche" }
    title_unavailable { en: "Not available now", de: "Gerade nicht erreichbar" }
    title_broken { en: "Something is broken", de: "Etwas ist kaputt" }
    title_other { en: "That did not work", de: "Das hat nicht geklappt" }
    to_the_start { en: "Go to the start", de: "Zur Startseite" }
    try_again { en: "Try again", de: "Noch einmal versuchen" }
    request_id { en: "Request id", de: "Kennung der Anfrage" }
    request_id_why {
        en: "If you ask for help, say this id: it leads to the entry in the log.",
        de: "Nennen Sie diese Kennung, wenn Sie um Hilfe bitten: Sie führt zum Eintrag im Protokoll.",
    }
    the_server_says { en: "The server says:", de: "Der Server sagt:" }

    // The summary above a form.
    not_done { en: "That was not done.", de: "Das wurde nicht ausgeführt." }

    // By code.
    bad_credentials {
        en: "The name or the password is wrong. Check both and try again.",
        de: "Der Name oder das Passwort ist falsch. Prüfen Sie beides und versuchen Sie es noch einmal.",
    }
    current_password_wrong {
        en: "The current password is wrong. Check it and try again.",
        de: "Das bisherige Passwort ist falsch. Prüfen Sie es und versuchen Sie es noch einmal.",
    }
    account_disabled {
        en: "This account is disabled. Ask an administrator.",
        de: "Dieses Konto ist gesperrt. Wenden Sie sich an die Verwaltung.",
    }
    identifier_taken {
        en: "Somebody has this name already. Choose another.",
        de: "Diesen Namen hat schon jemand. Wählen Sie einen anderen.",
    }
    identifier_invalid {
        en: "A name has 1 to 254 characters, without spaces. With an @ it is an e-mail address.",
        de: "Ein Name hat 1 bis 254 Zeichen und keine Leerzeichen. Mit einem @ ist er eine E-Mail-Adresse.",
    }
    password_too_short {
        en: "The password is too short. Make it as long as is said below.",
        de: "Das Passwort ist zu kurz. Wie lang es sein muss, steht unten.",
    }
    password_too_long {
        en: "The password is too long. Take one of at most 1,024 bytes.",
        de: "Das Passwort ist zu lang. Nehmen Sie eines von höchstens 1.024 Bytes.",
    }
    passwords_differ {
        en: "The two passwords differ. Type the new one twice.",
        de: "Die beiden Passwörter sind verschieden. Geben Sie das neue zweimal ein.",
    }
    profile_invalid {
        en: "A name has at most 200 characters, all of them visible.",
        de: "Ein Name hat höchstens 200 Zeichen, die alle sichtbar sind.",
    }
    locale_invalid {
        en: "There is no such language. Choose one of the list.",
        de: "Diese Sprache gibt es nicht. Wählen Sie eine aus der Liste.",
    }
    setup_code_wrong {
        en: "The set-up code is wrong or has expired. It was shown where the server was started; \
             start the server again to get a new one.",
        de: "Der Einrichtungscode ist falsch oder abgelaufen. Er wurde dort gezeigt, wo der Server \
             gestartet wurde; ein neuer Start zeigt einen neuen.",
    }
    setup_done {
        en: "There is an administrator already. Log in, or ask them for an account.",
        de: "Es gibt schon ein Verwaltungskonto. Melden Sie sich an, oder bitten Sie dort um ein Konto.",
    }
    registration_closed {
        en: "Accounts are made by an administrator here. Ask them for one.",
        de: "Konten legt hier die Verwaltung an. Bitten Sie dort um eines.",
    }
    cookie_duplicate {
        en: "Your browser sent two session cookies, and which one is ours cannot be known. Delete \
             the cookies of this site, then log in again.",
        de: "Ihr Browser hat zwei Sitzungs-Cookies gesendet, und welches davon unseres ist, lässt \
             sich nicht erkennen. Löschen Sie die Cookies dieser Seite und melden Sie sich neu an.",
    }
    cross_site_request {
        en: "The form came from another site, so nothing was done. Open the page here and fill it \
             in again.",
        de: "Das Formular kam von einer anderen Seite, deshalb wurde nichts ausgeführt. Öffnen Sie \
             die Seite hier und füllen Sie es noch einmal aus.",
    }
    host_mismatch {
        en: "This server is known by another name. Open it under its own address.",
        de: "Dieser Server heißt anders. Öffnen Sie ihn unter seiner eigenen Adresse.",
    }
    role_missing {
        en: "This is for administrators. Log in as one of them.",
        de: "Das ist der Verwaltung vorbehalten. Melden Sie sich mit einem solchen Konto an.",
    }
    last_admin {
        en: "This would leave nobody who can administer the server. Make another administrator first.",
        de: "Danach könnte niemand mehr den Server verwalten. Legen Sie zuerst ein anderes Verwaltungskonto an.",
    }
    changed_meanwhile {
        en: "It was changed from elsewhere meanwhile. Look again and repeat.",
        de: "Es wurde inzwischen anderswo geändert. Sehen Sie nach und wiederholen Sie es.",
    }
    not_found {
        en: "There is nothing at this address. Check it, or begin at the start.",
        de: "Unter dieser Adresse gibt es nichts. Prüfen Sie sie, oder beginnen Sie auf der Startseite.",
    }
    method_not_allowed {
        en: "There is nothing to look at here; it only takes forms.",
        de: "Hier gibt es nichts zu sehen; diese Adresse nimmt nur Formulare an.",
    }
    request_malformed {
        en: "Your browser sent something that cannot be read here. Go back, load the page again and \
             fill it in once more.",
        de: "Ihr Browser hat etwas gesendet, das hier nicht zu lesen ist. Gehen Sie zurück, laden \
             Sie die Seite neu und füllen Sie sie noch einmal aus.",
    }
    body_timeout {
        en: "What your browser sent did not arrive in time. Check the connection and try again.",
        de: "Was Ihr Browser gesendet hat, kam nicht rechtzeitig an. Prüfen Sie die Verbindung und \
             versuchen Sie es noch einmal.",
    }
    rate_limited(wait) {
        en: "There were too many attempts. Wait {wait}, then try again.",
        de: "Das waren zu viele Versuche. Warten Sie {wait}, dann versuchen Sie es noch einmal.",
    }
    busy {
        en: "There is much to do, so nothing was done. Try again in a moment.",
        de: "Es ist gerade viel zu tun, deshalb wurde nichts ausgeführt. Versuchen Sie es gleich noch einmal.",
    }
    store_unavailable {
        en: "We cannot reach our data, so nothing is known to have changed. Load the page again in \
             a moment.",
        de: "Wir erreichen unsere Daten nicht; dass sich etwas geändert hätte, ist nicht bekannt. \
             Laden Sie die Seite gleich noch einmal.",
    }
    internal {
        en: "Something is broken on our side. Tell the administrator the request id below.",
        de: "Bei uns ist etwas kaputt. Nennen Sie der Verwaltung die Kennung unten.",
    }
    other_error {
        en: "The request was refused.",
        de: "Die Anfrage wurde abgelehnt.",
    }
}

counted! {
    COUNTED;
    wait_seconds { en: "{count} second" | "{count} seconds", de: "{count} Sekunde" | "{count} Sekunden" }
    wait_minutes { en: "{count} minute" | "{count} minutes", de: "{count} Minute" | "{count} Minuten" }
}
