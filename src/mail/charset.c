#include "mail/charset.h"

#include <errno.h>
#include <iconv.h>

/* X(name for iconv, names in mail: lower case, each between spaces) */
#define CHARSET_TABLE(X)                                                                      \
    X("WINDOWS-1252", " iso-8859-1 windows-1252 cp1252 latin1 l1 iso8859-1 iso_8859-1 ansi ") \
    X("WINDOWS-1250", " windows-1250 cp1250 ")                                                \
    X("WINDOWS-1251", " windows-1251 cp1251 ")                                                \
    X("WINDOWS-1253", " windows-1253 cp1253 ")                                                \
    X("WINDOWS-1254", " windows-1254 cp1254 iso-8859-9 iso8859-9 latin5 ")                    \
    X("WINDOWS-1255", " windows-1255 cp1255 ")                                                \
    X("WINDOWS-1256", " windows-1256 cp1256 ")                                                \
    X("WINDOWS-1257", " windows-1257 cp1257 ")                                                \
    X("WINDOWS-1258", " windows-1258 cp1258 ")                                                \
    X("ISO-8859-2", " iso-8859-2 iso8859-2 latin2 ")                                          \
    X("ISO-8859-3", " iso-8859-3 iso8859-3 ")                                                 \
    X("ISO-8859-4", " iso-8859-4 iso8859-4 ")                                                 \
    X("ISO-8859-5", " iso-8859-5 iso8859-5 ")                                                 \
    X("ISO-8859-6", " iso-8859-6 iso8859-6 iso-8859-6-i iso-8859-6-e ")                       \
    X("ISO-8859-7", " iso-8859-7 iso8859-7 ")                                                 \
    X("ISO-8859-8", " iso-8859-8 iso8859-8 iso-8859-8-i iso-8859-8-e ")                       \
    X("ISO-8859-10", " iso-8859-10 ")                                                         \
    X("CP874", " tis-620 windows-874 cp874 iso-8859-11 ")                                     \
    X("ISO-8859-13", " iso-8859-13 ")                                                         \
    X("ISO-8859-14", " iso-8859-14 ")                                                         \
    X("ISO-8859-15", " iso-8859-15 iso8859-15 latin9 latin-9 ")                               \
    X("ISO-8859-16", " iso-8859-16 ")                                                         \
    X("KOI8-R", " koi8-r ")                                                                   \
    X("KOI8-U", " koi8-u ")                                                                   \
    X("CP437", " cp437 ibm437 ")                                                              \
    X("CP850", " cp850 ibm850 ")                                                              \
    X("CP866", " cp866 ibm866 ")                                                              \
    X("MACINTOSH", " macintosh x-mac-roman mac ")                                             \
    X("GB18030", " gb18030 gbk gb2312 gb_2312-80 cp936 x-gbk euc-cn ")                        \
    X("BIG5-HKSCS", " big5 big5-hkscs cp950 x-x-big5 ")                                       \
    X("CP932", " shift_jis shift-jis sjis x-sjis cp932 windows-31j ms_kanji ")                \
    X("EUC-JP", " euc-jp x-euc-jp ")                                                          \
    X("ISO-2022-JP", " iso-2022-jp ")                                                         \
    X("CP949", " euc-kr ks_c_5601-1987 ks_c_5601 ksc5601 cp949 windows-949 uhc ")             \
    X("ISO-2022-KR", " iso-2022-kr ")                                                         \
    X("UTF-7", " utf-7 unicode-1-1-utf-7 ")                                                   \
    X("UTF-16", " utf-16 ")                                                                   \
    X("UTF-16LE", " utf-16le ")                                                               \
    X("UTF-16BE", " utf-16be ")

static struct converter {
    const char *name, *aliases;
    iconv_t iconv;
    bool is_tried;
} converters[] = {
#define X(name, aliases) {name, aliases, NULL, false},
    CHARSET_TABLE(X)
#undef X
};

enum { CONVERTERS = sizeof converters / sizeof converters[0], ALIAS_MAX = 24 };

static const char *const utf8_aliases = " utf-8 utf8 us-ascii ascii unicode-1-1-utf-8 ansi_x3.4-1968 ";
static bool are_all_open;

static void open_converter(struct converter *converter)
{
    if (converter->is_tried || are_all_open)
        return;
    converter->is_tried = true;
    converter->iconv = iconv_open("UTF-8", converter->name);
    if (converter->iconv == (iconv_t)-1) // NOLINT: iconv's error value
        converter->iconv = NULL;
}

void charset_open_all(void)
{
    for (size_t i = 0; i < CONVERTERS; i++)
        open_converter(&converters[i]);
    are_all_open = true;
}

static bool is_listed(const char *aliases, const char *wanted)
{
    return strstr(aliases, wanted) != NULL;
}

/* Writes the name in lower case between spaces. False: no set has such a name. */
static bool make_alias(struct span charset, char alias[ALIAS_MAX + 3])
{
    if (charset.n == 0 || charset.n > ALIAS_MAX)
        return false;
    alias[0] = ' ';
    for (size_t i = 0; i < charset.n; i++) {
        char c = charset.p[i];

        if (c <= ' ' || c > '~')
            return false;
        alias[i + 1] = (char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
    }
    alias[charset.n + 1] = ' ';
    alias[charset.n + 2] = '\0';
    return true;
}

static struct converter *find(const char *alias)
{
    for (size_t i = 0; i < CONVERTERS; i++) {
        if (is_listed(converters[i].aliases, alias)) {
            open_converter(&converters[i]);
            return converters[i].iconv ? &converters[i] : NULL;
        }
    }
    return NULL;
}

bool charset_is_known(struct span charset)
{
    char alias[ALIAS_MAX + 3];

    return make_alias(charset, alias) && (is_listed(utf8_aliases, alias) || find(alias));
}

static void add_ascii(struct span bytes, struct text *text)
{
    for (size_t i = 0; i < bytes.n; i++)
        text_add(text, (unsigned char)bytes.p[i] < 0x80 ? (struct span){bytes.p + i, 1} : SPAN("?"));
}

/* Calls iconv once and adds its output. False: iconv stopped at bytes that it cannot convert. */
static bool convert_some(iconv_t converter, char **in, size_t *in_n, struct text *text)
{
    char converted[256];
    char *out = converted;
    size_t out_n = sizeof converted;
    bool ok = iconv(converter, in, in_n, &out, &out_n) != (size_t)-1 || errno == E2BIG;

    text_add(text, (struct span){converted, sizeof converted - out_n});
    return ok;
}

/* Every iteration consumes at least one byte. If a call of iconv consumes nothing, it counts as failed. */
static bool convert(iconv_t converter, struct span bytes, struct text *text)
{
    char *in = (char *)bytes.p; // iconv's prototype lacks a const
    size_t in_n = bytes.n;
    bool is_whole = true;

    iconv(converter, NULL, NULL, NULL, NULL);
    while (in_n && !text->is_cut) {
        size_t before = in_n;

        if (convert_some(converter, &in, &in_n, text) && in_n < before)
            continue;
        if (in_n == 0)
            break;
        is_whole = false;
        text_add(text, SPAN("?"));
        in++, in_n--;
    }
    convert_some(converter, NULL, NULL, text); // output that iconv has held back
    return is_whole;
}

bool charset_to_text(struct span charset, struct span bytes, struct text *text)
{
    char alias[ALIAS_MAX + 3];
    struct converter *converter;

    if (make_alias(charset, alias) && is_listed(utf8_aliases, alias)) {
        text_add(text, bytes);
        return text_is_utf8(bytes);
    }
    converter = make_alias(charset, alias) ? find(alias) : NULL;
    if (converter)
        return convert(converter->iconv, bytes, text);
    add_ascii(bytes, text);
    return text_is_ascii(bytes);
}
