//! One's data, handed out and erased, and how strong a new password is.

use super::{Language, Texts, texts};

texts! {
    ALL;
    // The section of the account page.
    your_data { en: "Your data", de: "Ihre Daten" }
    your_data_hint {
        en: "You can have everything that is kept about you as a file, and you can have it erased.",
        de: "Sie können alles, was über Sie gespeichert ist, als Datei bekommen, und Sie können es löschen lassen.",
    }
    to_export { en: "Download your data", de: "Ihre Daten herunterladen" }
    to_erase { en: "Erase your account", de: "Ihr Konto löschen" }

    // Download.
    export_what {
        en: "The file has your names, your profile, your sessions, what apps may do for you, and what was done with your account. It has no passwords.",
        de: "Die Datei enthält Ihre Namen, Ihr Profil, Ihre Sitzungen, was Anwendungen für Sie tun dürfen und was mit Ihrem Konto geschehen ist. Passwörter enthält sie nicht.",
    }
    download { en: "Download", de: "Herunterladen" }

    // Erasing.
    erase_what {
        en: "All sessions end, also those of apps. Then your names, your profile, your password and everything else about you is deleted.",
        de: "Alle Sitzungen enden, auch die von Anwendungen. Dann werden Ihre Namen, Ihr Profil, Ihr Passwort und alles andere über Sie gelöscht.",
    }
    erase_for_ever {
        en: "This cannot be undone. If you want to keep your data, download it first.",
        de: "Das kann nicht rückgängig gemacht werden. Wenn Sie Ihre Daten behalten wollen, laden Sie sie vorher herunter.",
    }
    erase_now { en: "Erase my account for ever", de: "Mein Konto endgültig löschen" }
    is_erased { en: "Your account is erased.", de: "Ihr Konto ist gelöscht." }

    // To be sure who it is.
    login_too_old {
        en: "Your log-in is some time ago. Type your password, so that it is sure that it is you.",
        de: "Ihre Anmeldung ist einige Zeit her. Geben Sie Ihr Passwort ein, damit sicher ist, dass Sie es sind.",
    }
    your_password { en: "Your password", de: "Ihr Passwort" }

    // What is wrong with a new password.
    password_common {
        en: "This is one of the passwords that are tried first. Choose another.",
        de: "Das ist eines der Passwörter, die zuerst ausprobiert werden. Wählen Sie ein anderes.",
    }
    password_too_weak {
        en: "This password is guessed too easily. Make it longer, or put together a few words that do not belong together.",
        de: "Dieses Passwort ist zu leicht zu erraten. Nehmen Sie ein längeres, oder ein paar Wörter, die nicht zusammengehören.",
    }
    password_breached {
        en: "This password is known from a breach of some site, so it is tried by others. Choose another.",
        de: "Dieses Passwort ist aus einem Datenleck bekannt und wird deshalb von anderen ausprobiert. Wählen Sie ein anderes.",
    }

    // While it is typed.
    strength { en: "Strength", de: "Stärke" }
    strength_0 { en: "very weak", de: "sehr schwach" }
    strength_1 { en: "weak", de: "schwach" }
    strength_2 { en: "fair", de: "mäßig" }
    strength_3 { en: "good", de: "gut" }
    strength_4 { en: "very good", de: "sehr gut" }
    strength_not_enough { en: "not enough here", de: "reicht hier nicht" }
}
