#include "tests/unit/in_a_process.h"

#include "gateway/kernel/nft_table.h"
#include "sys/privileges.h"
#include "sys/tool.h"

#include <errno.h>
#include <sched.h>

enum { TABLES_MANY = 3000 };

static const struct nft_table_watched watched = {"postern", (const char *const[]){"free", NULL}};

static void count(void *context)
{
    ++*(int *)context;
}

static bool run_nft(struct span text)
{
    struct tool_result result;
    bool done = tool_run((const char *const[]){"nft", "-f", "-", NULL}, text, 300000, &result);

    if (!done)
        fprintf(stderr, "%s\n", buf_c_str(&result.error));
    tool_result_fini(&result);
    return done;
}

struct world {
    struct event_base *base;
    struct nft_table *table;
    int changes;
};

/* A network namespace with two more tables: one with the same name in another family, and one with another
 * name. */
static bool begin(struct world *world, const char *text)
{
    *world = (struct world){.base = event_base_new()};
    if (unshare(CLONE_NEWNET) != 0 || !run_nft(SPAN("table ip postern {}\ntable inet other {}\n")) ||
        !run_nft(span_of(text)))
        return false;
    world->table = nft_table_new(world->base, &watched, count, &world->changes);
    return world->table;
}

static uint64_t handle_after(struct world *world, const char *text)
{
    if (!run_nft(span_of(text)))
        return ~0ull;
    event_base_loop(world->base, EVLOOP_NONBLOCK);
    return nft_table_handle(world->table);
}

static int end(struct world *world)
{
    nft_table_free(&world->table);
    event_base_free(world->base);
    return 0;
}

static int see_creation_and_removal(void)
{
    struct world world;

    EXPECT(begin(&world, ""));
    EXPECT(nft_table_handle(world.table) == 0);
    EXPECT(handle_after(&world, "table inet postern {}") != 0 && world.changes == 1);
    EXPECT(handle_after(&world, "delete table inet postern") == 0 && world.changes == 2);
    return end(&world);
}

static int see_existing_table(void)
{
    struct world world;

    EXPECT(begin(&world, "table inet postern {}"));
    EXPECT(nft_table_handle(world.table) != 0 && world.changes == 0);
    EXPECT(handle_after(&world, "flush ruleset") == 0 && world.changes == 1);
    return end(&world);
}

static int see_replacement(void)
{
    struct world world;
    uint64_t before;

    EXPECT(begin(&world, "table inet postern { chain a {}\n}"));
    before = nft_table_handle(world.table);
    EXPECT(handle_after(&world, "table inet postern; delete table inet postern\n"
                                "table inet postern { chain a {}\n}") != before);
    EXPECT(nft_table_handle(world.table) != 0 && world.changes == 1);
    return end(&world);
}

static int see_nothing_else(void)
{
    struct world world;
    uint64_t before;

    EXPECT(
        begin(&world,
              "table inet postern { chain a {}\nchain free { tcp dport vmap { 1 : accept, 2 : drop }; }\n}"));
    before = nft_table_handle(world.table);
    EXPECT(handle_after(&world, "add rule inet postern a counter") == before);
    EXPECT(handle_after(&world, "flush chain inet postern free") == before);
    EXPECT(nft_table_is_whole(world.table));
    EXPECT(handle_after(&world, "delete table inet other\ndelete table ip postern") == before);
    EXPECT(world.changes == 0);
    return end(&world);
}

/* Each kind of removal: a rule, a chain, all rules at once, a set. A newly created table is whole. */
static int see_removed_parts(void)
{
    static const char table[] = "table inet postern; delete table inet postern\n"
                                "table inet postern { set s { type ipv4_addr; }\nchain a { counter; }\n"
                                "chain b {}\n}";
    static const char *const removals[] = {"flush table inet postern", "flush chain inet postern a",
                                           "delete chain inet postern b", "delete set inet postern s"};
    struct world world;

    EXPECT(begin(&world, ""));
    for (size_t i = 0; i < sizeof removals / sizeof *removals; i++) {
        EXPECT(handle_after(&world, table) != 0 && nft_table_is_whole(world.table));
        world.changes = 0;
        EXPECT(run_nft(span_of(removals[i])) && !nft_table_is_whole(world.table));
        event_base_loop(world.base, EVLOOP_NONBLOCK);
        EXPECT(world.changes == 1 && nft_table_handle(world.table) != 0);
    }
    EXPECT(handle_after(&world, "delete table inet postern") == 0 && !nft_table_is_whole(world.table));
    return end(&world);
}

/* More events than the socket holds, ending with the removal of the table. */
static int see_removal_after_overrun(void)
{
    struct world world;
    struct buf text = {0};

    EXPECT(begin(&world, "table inet postern {}"));
    for (int i = 0; i < TABLES_MANY; i++)
        buf_add_format(&text, "table inet t%d { comment \"%0100d\"\n}\n", i, i);
    buf_add(&text, SPAN("delete table inet postern\n"));
    EXPECT(handle_after(&world, buf_c_str(&text)) == 0 && world.changes == 1);
    buf_fini(&text);
    return end(&world);
}

static int open_without_capability(void)
{
    const struct identity nobody = {65534, 65534};
    struct event_base *base = event_base_new();

    EXPECT(unshare(CLONE_NEWNET) == 0 && privileges_drop(&nobody, PRIVILEGES_NONE));
    EXPECT(!nft_table_new(base, &watched, count, NULL) && errno == EPERM);
    event_base_free(base);
    return 0;
}

static void check(int (*body)(void))
{
    if (geteuid() != 0 || !tool_exists("nft"))
        skip();
    assert_int_equal(in_a_process(body), 0);
}

static void reports_creation_and_removal(void **state)
{
    check(see_creation_and_removal);
}

static void knows_an_existing_table(void **state)
{
    check(see_existing_table);
}

static void reports_a_replacement_in_one_transaction(void **state)
{
    check(see_replacement);
}

static void does_not_report_added_rules_or_other_tables(void **state)
{
    check(see_nothing_else);
}

static void reports_the_removal_of_a_part(void **state)
{
    check(see_removed_parts);
}

static void requests_the_state_after_lost_events(void **state)
{
    check(see_removal_after_overrun);
}

static void fails_without_capability(void **state)
{
    check(open_without_capability);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reports_creation_and_removal),
        cmocka_unit_test(knows_an_existing_table),
        cmocka_unit_test(reports_a_replacement_in_one_transaction),
        cmocka_unit_test(does_not_report_added_rules_or_other_tables),
        cmocka_unit_test(reports_the_removal_of_a_part),
        cmocka_unit_test(requests_the_state_after_lost_events),
        cmocka_unit_test(fails_without_capability),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
