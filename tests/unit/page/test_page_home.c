/* What the page says to a device, and what it remembers of devices. */
#include "page/page_home.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

static void assert_says(const struct page_home *home, const char *text)
{
    struct buf out = {0};

    page_home_add(home, &out);
    assert_non_null(strstr(buf_c_str(&out), text));
    buf_fini(&out);
}

static void ages_are_in_one_unit(void **state)
{
    static const struct {
        uint64_t seconds;
        const char *text;
    } rows[] = {
        {0, ", just now."},      {1, ", 1 second ago."},      {59, ", 59 seconds ago."},
        {60, ", 1 minute ago."}, {3599, ", 59 minutes ago."}, {7200, ", 2 hours ago."},
        {86400, ", 1 day ago."}, {900000, ", 10 days ago."},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        for (enum page_outcome outcome = 0; outcome <= PAGE_REJECTED; outcome++)
            assert_says(&(struct page_home){.outcome = outcome, .ago_s = rows[i].seconds}, rows[i].text);
}

static void text_is_escaped(void **state)
{
    assert_says(&(struct page_home){.authority = SPAN("<b>&\"")}, "<strong>&lt;b&gt;&amp;&quot;</strong>");
}

static void set_id(uint8_t id[ADDRESS_CLIENT_SIZE], size_t number)
{
    memset(id, 0, ADDRESS_CLIENT_SIZE);
    memcpy(id, &number, sizeof number);
}

static void the_last_outcome_counts(void **state)
{
    struct page_clients *clients = calloc(1, sizeof *clients);
    uint8_t id[ADDRESS_CLIENT_SIZE];

    set_id(id, 7);
    assert_null(page_clients_find(clients, id));
    page_clients_note(clients, id, PAGE_REJECTED, 10);
    page_clients_note(clients, id, PAGE_ACCEPTED, 20);
    assert_int_equal(clients->n, 1);
    assert_int_equal(page_clients_find(clients, id)->outcome, PAGE_ACCEPTED);
    assert_int_equal(page_clients_find(clients, id)->at_ms, 20);
    free(clients);
}

static void the_device_that_was_reported_first_gives_way(void **state)
{
    struct page_clients *clients = calloc(1, sizeof *clients);
    uint8_t id[ADDRESS_CLIENT_SIZE];

    for (size_t i = 0; i < PAGE_CLIENTS_MAX; i++) {
        set_id(id, i);
        page_clients_note(clients, id, PAGE_ACCEPTED, i);
    }
    set_id(id, 0);
    page_clients_note(clients, id, PAGE_ACCEPTED, PAGE_CLIENTS_MAX);
    set_id(id, PAGE_CLIENTS_MAX);
    page_clients_note(clients, id, PAGE_REJECTED, PAGE_CLIENTS_MAX + 1);
    assert_int_equal(clients->n, PAGE_CLIENTS_MAX);
    assert_int_equal(page_clients_find(clients, id)->outcome, PAGE_REJECTED);
    set_id(id, 1);
    assert_null(page_clients_find(clients, id));
    set_id(id, 0);
    assert_non_null(page_clients_find(clients, id));
    free(clients);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ages_are_in_one_unit),
        cmocka_unit_test(text_is_escaped),
        cmocka_unit_test(the_last_outcome_counts),
        cmocka_unit_test(the_device_that_was_reported_first_gives_way),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
