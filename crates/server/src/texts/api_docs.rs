//! The page of the API: what stands around the document, which is in English alone.

use std::fmt::Display;

use super::{Language, Texts, texts};

texts! {
    ALL;
    api { en: "The API", de: "Die API" }
    api_of(version) { en: "The API of Symbolon {version}", de: "Die API von Symbolon {version}" }
    api_for_programs { en: "For programs:", de: "Für Programme:" }
    api_language {
        en: "What follows is the document that programs read, with nothing left out.",
        de: "Was folgt, ist das Dokument, das Programme lesen, ungekürzt und darum auf Englisch.",
    }
    api_contents { en: "Contents", de: "Inhalt" }
    api_schemas { en: "Schemas", de: "Schemata" }
    api_takes(credentials) { en: "Takes: {credentials}.", de: "Nimmt: {credentials}." }
    api_parameters { en: "Parameters", de: "Parameter" }
    api_members { en: "Members", de: "Felder" }
    api_member { en: "Name", de: "Bezeichnung" }
    api_kind { en: "What it is", de: "Was es ist" }
    api_meaning { en: "What it means", de: "Was es bedeutet" }
    api_required { en: "required", de: "nötig" }
    api_body { en: "Body:", de: "Inhalt der Anfrage:" }
    api_answers { en: "Answers:", de: "Antworten:" }
    api_all_of { en: "All members of this, and more:", de: "Alle Felder hiervon und weitere:" }
}
