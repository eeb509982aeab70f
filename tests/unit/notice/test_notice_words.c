/* The words of a notice: its languages, and the values of its variables. */
#include "tests/unit/notice/notice_lab.h"

#include "conf/conf.h"
#include "notice/notice_words.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void tells_what_became_of_the_original_in_its_language(void **state)
{
    struct notice_host with = host;
    struct incident incident = an_incident();
    struct notice_template *template;

    expect_has(render(SPAN("Content-Language: fr-CA\n\n%VDINFO%\n"), &incident, KEPT),
               "sous le nom : 0011223344556677.mail");
    incident.file[0] = '\0';
    expect_has(render(SPAN("Content-Language: fr\n\n%VDINFO%\n"), &incident, KEPT),
               "a \xc3\xa9t\xc3\xa9 d\xc3\xa9truit.");
    expect_has(render(SPAN("Content-Language: en\n\n%VDINFO%\n"), &incident, KEPT), "has been destroyed.");
    with.deleted = "Parti !";
    with.language = "fr";
    template = parse(SPAN("\n%VDINFO% %MAILFILE%\n"), &with);
    buf_clear(&out);
    notice_render(template, &incident, NULL, &out);
    notice_template_free(&template);
    expect_has(buf_c_str(&out), "\r\n\r\nParti ! inconnu\r\n");
}

static const char *const tags[] = {"de", "en", "es", "fr", "it", "nl", "pl", "pt"};

/* Renders an incident with a template in that language that contains only `body`. */
static const char *say(const char *tag, const char *body, const struct incident *incident)
{
    struct buf text = {0};
    const char *found;

    buf_add_format(&text, "Content-Language: %s\n\n%s\n", tag, body);
    found = strstr(render(buf_span(&text), incident, SPAN("")), "\r\n\r\n") + 4;
    buf_fini(&text);
    return found;
}

static void has_words_of_its_own_in_each_language(void **state)
{
    static const char body[] = "%MAILFROM%\n%VDINFO%\n%VIRUSNAME%";
    char *seen[2 * sizeof tags / sizeof *tags];
    size_t n = 0;

    for (size_t i = 0; i < sizeof tags / sizeof *tags; i++)
        for (int is_kept = 0; is_kept < 2; is_kept++) {
            struct incident incident = {0};

            if (is_kept)
                memcpy(incident.file, "0011223344556677.mail", sizeof "0011223344556677.mail");
            verdict_set(&incident.verdict, VERDICT_UNSCANNABLE, UNSCANNABLE_ENCRYPTED, SPAN(""));
            seen[n] = strdup(say(tags[i], body, &incident));
            for (size_t j = 0; j < n; j++)
                assert_string_not_equal(seen[j], seen[n]);
            assert_int_equal(strstr(seen[n], "0011223344556677.mail\r\n") != NULL, is_kept);
            n++;
        }
    while (n)
        free(seen[--n]);
}

static void names_what_was_held_back(void **state)
{
    static const char body[] = "\n%PROTOCOL%|%KIND%|%DIRECTION%|%FILENAME%\n";
    struct incident incident = an_incident();

    expect_has(render(span_of(body), &incident, KEPT), "\r\n\r\nPOP3|mail|download|unknown\r\n");
    snprintf(incident.protocol, sizeof incident.protocol, "FTP");
    snprintf(incident.name, sizeof incident.name, "/pub/a\r\n.\r\n.exe");
    incident.kind = MESSAGE_FILE;
    incident.direction = MESSAGE_UPLOAD;
    expect_has(render(span_of(body), &incident, KEPT), "\r\n\r\nFTP|file|upload|/pub/a . .exe\r\n");
    expect_valid();
    incident.kind = incident.direction = 255;
    expect_has(render(span_of(body), &incident, KEPT), "\r\n\r\nFTP|mail|download|");
}

static void has_words_for_each_kind_and_direction(void **state)
{
    for (size_t i = 0; i < sizeof tags / sizeof *tags; i++) {
        const struct notice_words *words = notice_words_find(span_of(tags[i]));

        assert_true(words->kinds[MESSAGE_MAIL][0] && words->directions[MESSAGE_DOWNLOAD][0]);
        assert_string_not_equal(words->kinds[MESSAGE_MAIL], words->kinds[MESSAGE_FILE]);
        assert_string_not_equal(words->directions[MESSAGE_DOWNLOAD], words->directions[MESSAGE_UPLOAD]);
    }
}

static void has_words_for_the_languages_of_the_configuration(void **state)
{
    static const char *const languages[] = {CONF_LANGUAGES};

    for (size_t i = 0; i < sizeof languages / sizeof *languages; i++)
        assert_string_equal(notice_words_find(span_of(languages[i]))->tag, languages[i]);
}

static void has_a_word_for_each_reason(void **state)
{
    for (size_t i = 0; i < sizeof tags / sizeof *tags; i++) {
        const struct notice_words *words = notice_words_find(span_of(tags[i]));

        for (unsigned reason = UNSCANNABLE_ENCRYPTED; reason <= UNSCANNABLE_ENGINE; reason++)
            for (unsigned other = 0; other < reason; other++)
                assert_string_not_equal(words->reasons[reason], words->reasons[other]);
    }
}

static void the_subject_is_the_languages_where_nothing_else_is_configured(void **state)
{
    struct notice_host with = host;
    struct incident incident = an_incident();
    struct notice_template *template;

    with.subject = "";
    with.language = "de";
    template = parse(SPAN("\nx\n"), &with);
    buf_clear(&out);
    notice_render(template, &incident, NULL, &out);
    notice_template_free(&template);
    expect_has(buf_c_str(&out), "\r\nSubject: [Virus] in einer Nachricht an Sie: Worm.SomeFool.AA-2\r\n");
}

static void says_unknown_for_what_is_empty(void **state)
{
    struct incident incident = {0};
    const char *text = render(SPAN("\n%MAILFROM%|%SUBJECT%|%CLIENTIP%:%CLIENTPORT%|%VIRUSNAME%|%P3SCANID%\n"),
                              &incident, SPAN(""));

    expect_has(text, "\r\n\r\nunknown|unknown|unknown:unknown|unknown|unknown\r\n");
    expect_has(text, "From: \"Postern\" <postern@mercure.lab.example>\r\n");
    expect_lacks(text, "Message-ID");
    expect_lacks(text, "References");
    expect_valid();
}

static void makes_sense_for_what_could_not_be_scanned(void **state)
{
    struct incident incident = an_incident();

    verdict_set_found(&incident.verdict, SPAN("Heuristics.Limits.Exceeded.MaxFileSize"));
    expect_has(render(SPAN("\n%VIRUSNAME%\n"), &incident, KEPT),
               "\r\n\r\nnot scannable (limits): Heuristics.Limits.Exceeded.MaxFileSize\r\n");
    expect_has(render(SPAN("Content-Language: fr\n\n%VIRUSNAME%\n"), &incident, KEPT),
               "\r\n\r\nnon analysable (limites) : Heuristics.Limits.Exceeded.MaxFileSize\r\n");
    verdict_set(&incident.verdict, VERDICT_UNSCANNABLE, UNSCANNABLE_MALFORMED, SPAN(""));
    expect_has(render(SPAN("\n%VIRUSNAME%\n"), &incident, KEPT), "\r\n\r\nnot scannable (malformed)\r\n");
    expect_valid();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tells_what_became_of_the_original_in_its_language),
        cmocka_unit_test(has_words_of_its_own_in_each_language),
        cmocka_unit_test(names_what_was_held_back),
        cmocka_unit_test(has_words_for_each_kind_and_direction),
        cmocka_unit_test(has_words_for_the_languages_of_the_configuration),
        cmocka_unit_test(has_a_word_for_each_reason),
        cmocka_unit_test(the_subject_is_the_languages_where_nothing_else_is_configured),
        cmocka_unit_test(says_unknown_for_what_is_empty),
        cmocka_unit_test(makes_sense_for_what_could_not_be_scanned),
    };
    return cmocka_run_group_tests(tests, NULL, free_buffers);
}
