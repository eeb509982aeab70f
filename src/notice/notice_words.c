#include "notice/notice_words.h"

static const struct notice_words languages[] = {
    {
        .tag = "en",
        .unknown = "unknown",
        .subject = "[virus] in a message for you:",
        .archived = "The original message is kept on the gateway under the name: ",
        .destroyed = "The original message has been destroyed.",
        .not_scannable = "not scannable",
        .colon = ": ",
        .reasons = {"", "encrypted", "limits", "malformed", "unsupported", "partial", "ambiguous",
                    "scanner error"},
        .kinds = {"mail", "file"},
        .directions = {"download", "upload"},
    },
    {
        .tag = "fr",
        .unknown = "inconnu",
        .subject = "[virus] dans un message pour vous :",
        .archived = "Le message d'origine est conservé sur la passerelle sous le nom : ",
        .destroyed = "Le message d'origine a été détruit.",
        .not_scannable = "non analysable",
        .colon = " : ",
        .reasons = {"", "chiffré", "limites", "mal formé", "format non pris en charge", "message fragmenté",
                    "ambigu", "erreur de l'analyseur"},
        .kinds = {"courrier", "fichier"},
        .directions = {"téléchargement", "envoi"},
    },
    {
        .tag = "de",
        .unknown = "unbekannt",
        .subject = "[Virus] in einer Nachricht an Sie:",
        .archived = "Die ursprüngliche Nachricht wird auf dem Gateway aufbewahrt, unter dem Namen: ",
        .destroyed = "Die ursprüngliche Nachricht wurde vernichtet.",
        .not_scannable = "nicht prüfbar",
        .colon = ": ",
        .reasons = {"", "verschlüsselt", "Grenzwerte", "fehlerhaft aufgebaut", "Format nicht unterstützt",
                    "Teil einer Nachricht", "mehrdeutig aufgebaut", "Fehler des Scanners"},
        .kinds = {"E-Mail", "Datei"},
        .directions = {"Download", "Upload"},
    },
    {
        .tag = "es",
        .unknown = "desconocido",
        .subject = "[virus] en un mensaje para usted:",
        .archived = "El mensaje original se conserva en la pasarela con el nombre: ",
        .destroyed = "El mensaje original ha sido destruido.",
        .not_scannable = "no analizable",
        .colon = ": ",
        .reasons = {"", "cifrado", "límites", "mal formado", "formato no admitido", "mensaje fragmentado",
                    "ambiguo", "error del analizador"},
        .kinds = {"correo", "archivo"},
        .directions = {"descarga", "subida"},
    },
    {
        .tag = "it",
        .unknown = "sconosciuto",
        .subject = "[virus] in un messaggio per Lei:",
        .archived = "Il messaggio originale è conservato sul gateway con il nome: ",
        .destroyed = "Il messaggio originale è stato distrutto.",
        .not_scannable = "non analizzabile",
        .colon = ": ",
        .reasons = {"", "cifrato", "limiti", "malformato", "formato non supportato", "messaggio frammentato",
                    "ambiguo", "errore dello scanner"},
        .kinds = {"messaggio di posta", "file"},
        .directions = {"scaricamento", "caricamento"},
    },
    {
        .tag = "pt",
        .unknown = "desconhecido",
        .subject = "[vírus] em mensagem recebida:",
        .archived = "A mensagem original está guardada no gateway com o nome: ",
        .destroyed = "A mensagem original foi destruída.",
        .not_scannable = "não analisável",
        .colon = ": ",
        .reasons = {"", "cifrada", "limites", "malformada", "formato não suportado", "mensagem fragmentada",
                    "ambígua", "erro do analisador"},
        .kinds = {"mensagem de correio", "ficheiro"},
        .directions = {"transferência", "envio"},
    },
    {
        .tag = "nl",
        .unknown = "onbekend",
        .subject = "[virus] in een bericht aan u:",
        .archived = "Het oorspronkelijke bericht wordt op de gateway bewaard onder de naam: ",
        .destroyed = "Het oorspronkelijke bericht is vernietigd.",
        .not_scannable = "niet te controleren",
        .colon = ": ",
        .reasons = {"", "versleuteld", "limieten", "onjuist opgebouwd", "niet-ondersteund formaat",
                    "deel van een bericht", "dubbelzinnig opgebouwd", "fout van de scanner"},
        .kinds = {"e-mail", "bestand"},
        .directions = {"download", "upload"},
    },
    {
        .tag = "pl",
        .unknown = "nieznane",
        .subject = "[wirus] w wiadomości do Państwa:",
        .archived = "Oryginalna wiadomość jest przechowywana na bramie pod nazwą: ",
        .destroyed = "Oryginalna wiadomość została zniszczona.",
        .not_scannable = "nie do sprawdzenia",
        .colon = ": ",
        .reasons = {"", "szyfrowanie", "limity", "nieprawidłowa budowa", "nieobsługiwany format",
                    "fragment wiadomości", "niejednoznaczna budowa", "błąd skanera"},
        .kinds = {"wiadomość", "plik"},
        .directions = {"pobieranie", "wysyłanie"},
    },
};

const struct notice_words *notice_words_find(struct span language)
{
    size_t n = 0;

    while (n < language.n && language.p[n] != '-' && language.p[n] != '_')
        n++;
    for (size_t i = 0; i < sizeof languages / sizeof languages[0]; i++)
        if (span_eq_nocase(span_first(language, n), span_of(languages[i].tag)))
            return &languages[i];
    return NULL;
}

const struct notice_words *notice_words_default(void)
{
    return &languages[0];
}
