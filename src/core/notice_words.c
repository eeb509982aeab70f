#include "core/notice_words.h"

static const struct notice_words languages[] = {
    {
        .tag = "en",
        .unknown = "unknown",
        .archived = "The original message is kept on the gateway under the name: ",
        .destroyed = "The original message has been destroyed.",
        .not_scannable = "not scannable",
        .colon = ": ",
        .reasons = {"", "encrypted", "limits", "malformed", "unsupported"},
    },
    {
        .tag = "fr",
        .unknown = "inconnu",
        .archived = "Le message d'origine est conservé sur la passerelle sous le nom : ",
        .destroyed = "Le message d'origine a été détruit.",
        .not_scannable = "non analysable",
        .colon = " : ",
        .reasons = {"", "chiffré", "limites", "mal formé", "format non pris en charge"},
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
