#include "scan/scan_clients.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

enum { HOUR_MS = 3600000 };

static struct scan_clients *clients;

static struct scan_client *enter_ip4(uint32_t number)
{
    uint8_t address[16] = {[10] = 0xff,
                           [11] = 0xff,
                           [12] = (uint8_t)(number >> 24),
                           [13] = (uint8_t)(number >> 16),
                           [14] = (uint8_t)(number >> 8),
                           [15] = (uint8_t)number};

    return scan_clients_enter(clients, address);
}

static void scan(struct scan_client *client, uint64_t began_ms, uint64_t now_ms)
{
    scan_client_begin(client, began_ms, 1);
    scan_client_end(client, began_ms, now_ms, true);
}

static void a_new_client_has_cost_nothing(void **state)
{
    struct scan_client *client = enter_ip4(1);

    assert_int_equal(scan_client_level(client, HOUR_MS), 0);
    assert_int_equal(scan_client_pace(client, 0), SCAN_CLIENT_NEW);
    assert_int_equal(scan_client_served(client), 0);
    scan(client, HOUR_MS, HOUR_MS + 5);
    assert_int_equal(scan_client_level(client, HOUR_MS + 5), 0);
}

static void the_level_grows_with_the_logarithm_of_the_cost(void **state)
{
    static const struct {
        uint64_t ms;
        unsigned level;
    } cases[] = {{0, 0}, {63, 0}, {64, 1}, {127, 1}, {128, 2}, {11000, 8}, {600000, 14}};

    for (uint32_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct scan_client *client = enter_ip4(i);

        scan(client, 10, 10 + cases[i].ms);
        assert_int_equal(scan_client_level(client, 10 + cases[i].ms), cases[i].level);
    }
}

static void a_running_scan_counts_from_its_start(void **state)
{
    struct scan_client *client = enter_ip4(1);

    scan_client_begin(client, 1000, 7);
    scan_client_begin(client, 1100, 8);
    assert_int_equal(scan_client_served(client), 8);
    assert_int_equal(scan_client_running(client), 2);
    assert_int_equal(scan_client_level(client, 1100), 1);
    assert_int_equal(scan_client_level(client, 1000 + 11000), 9);
    scan_client_end(client, 1000, 12000, true);
    assert_int_equal(scan_client_level(client, 12000), 9);
    scan_client_end(client, 1100, 12000, true);
    assert_int_equal(scan_client_level(client, 12000), 9);
    assert_int_equal(scan_client_running(client), 0);
}

static void only_a_scan_that_has_ended_by_itself_shows_that_a_client_is_quick(void **state)
{
    struct scan_client *client = enter_ip4(1);

    scan_client_begin(client, 1000, 1);
    scan_client_end(client, 1000, 1100, false);
    assert_int_equal(scan_client_pace(client, 1100), SCAN_CLIENT_NEW);
    assert_int_equal(scan_client_level(client, 1100), 1);
    scan(client, 1100, 1110);
    assert_int_equal(scan_client_pace(client, 1110), SCAN_CLIENT_QUICK);
    scan_client_begin(client, 1110, 2);
    scan_client_end(client, 1110, 1110 + SCAN_CLIENTS_SLOW_MS, false);
    assert_int_equal(scan_client_pace(client, 1110 + SCAN_CLIENTS_SLOW_MS), SCAN_CLIENT_SLOW);
}

static void the_cost_halves(void **state)
{
    struct scan_client *client = enter_ip4(1);

    scan(client, 0, 1024);
    assert_int_equal(scan_client_level(client, 1024), 5);
    assert_int_equal(scan_client_level(client, 1024 + SCAN_CLIENTS_HALF_LIFE_MS), 4);
    assert_int_equal(scan_client_level(client, 1024 + SCAN_CLIENTS_HALF_LIFE_MS / 2), 4);
    assert_int_equal(scan_client_level(client, 1024 + 5 * SCAN_CLIENTS_HALF_LIFE_MS), 0);
    assert_int_equal(scan_client_level(client, UINT64_C(100) * 365 * 24 * HOUR_MS), 0);
}

static void one_slow_scan_is_remembered_for_a_while(void **state)
{
    struct scan_client *client = enter_ip4(1);

    assert_int_equal(scan_client_pace(client, 0), SCAN_CLIENT_NEW);
    for (uint64_t i = 0; i < 100; i++)
        scan(client, 10 * i, 10 * i + 9);
    assert_int_equal(scan_client_pace(client, 1000), SCAN_CLIENT_QUICK);
    scan(client, 1000, 1000 + SCAN_CLIENTS_SLOW_MS);
    scan(client, 2000, 2001);
    assert_int_equal(scan_client_pace(client, 2001), SCAN_CLIENT_SLOW);
    assert_int_equal(scan_client_pace(client, 1000 + SCAN_CLIENTS_SLOW_MS + SCAN_CLIENTS_FORGIVEN_MS),
                     SCAN_CLIENT_QUICK);
}

static void a_record_outlives_the_last_request(void **state)
{
    struct scan_client *client = enter_ip4(1);

    scan(client, 0, 10000);
    scan_clients_leave(clients, client);
    client = enter_ip4(1);
    assert_int_equal(scan_client_pace(client, 10000), SCAN_CLIENT_SLOW);
    assert_int_equal(scan_client_level(client, 10000), 8);
    assert_int_equal(scan_client_pace(enter_ip4(2), 0), SCAN_CLIENT_NEW);
}

static void so_many_idle_records_are_kept(void **state)
{
    struct scan_client *busy = enter_ip4(1 << 20);

    scan(busy, 0, 10);
    for (uint32_t i = 0; i <= SCAN_CLIENTS_IDLE_MAX; i++) {
        struct scan_client *client = enter_ip4(i);

        scan(client, 0, 10);
        scan_clients_leave(clients, client);
    }
    assert_int_equal(scan_client_pace(enter_ip4(0), 0), SCAN_CLIENT_NEW);
    assert_int_equal(scan_client_pace(enter_ip4(1), 10), SCAN_CLIENT_QUICK);
    assert_int_equal(scan_client_pace(enter_ip4(SCAN_CLIENTS_IDLE_MAX), 10), SCAN_CLIENT_QUICK);
    assert_ptr_equal(enter_ip4(1 << 20), busy);
}

static int set_up(void **state)
{
    clients = scan_clients_new();
    return 0;
}

static int tear_down(void **state)
{
    scan_clients_free(&clients);
    return clients ? -1 : 0;
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
        TEST(a_new_client_has_cost_nothing),
        TEST(the_level_grows_with_the_logarithm_of_the_cost),
        TEST(a_running_scan_counts_from_its_start),
        TEST(the_cost_halves),
        TEST(one_slow_scan_is_remembered_for_a_while),
        TEST(a_record_outlives_the_last_request),
        TEST(so_many_idle_records_are_kept),
        TEST(only_a_scan_that_has_ended_by_itself_shows_that_a_client_is_quick),
#undef TEST
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
