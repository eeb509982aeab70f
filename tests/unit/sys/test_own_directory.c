#include "sys/own_directory.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

static char root[64], home[96], path[128];

static int setup(void **state)
{
    snprintf(root, sizeof root, "/tmp/postern-own-XXXXXX");
    assert_non_null(mkdtemp(root));
    snprintf(home, sizeof home, "%s/home", root);
    snprintf(path, sizeof path, "%s/quarantine", home);
    return 0;
}

static int teardown(void **state)
{
    rmdir(path);
    rmdir(home);
    assert_int_equal(rmdir(root), 0);
    return 0;
}

static struct identity owner_of_all(void)
{
    return geteuid() == 0 ? (struct identity){12345, 54321} : (struct identity){geteuid(), getegid()};
}

static void makes_it_and_its_home_for_the_owner(void **state)
{
    struct identity owner = owner_of_all();
    mode_t before = umask(077);
    struct stat facts;

    assert_true(own_directory_is_possible(path, home));
    assert_true(own_directory_make(path, home, &owner));
    umask(before);
    assert_int_equal(stat(path, &facts), 0);
    assert_int_equal(facts.st_mode, S_IFDIR | 0700);
    assert_int_equal(facts.st_uid, owner.uid);
    assert_int_equal(facts.st_gid, owner.gid);
    assert_int_equal(stat(home, &facts), 0);
    assert_int_equal(facts.st_mode, S_IFDIR | 0755);
    assert_int_equal(facts.st_uid, geteuid());
}

static void leaves_what_is_there_as_it_is(void **state)
{
    struct identity owner = owner_of_all();
    struct stat facts;

    assert_int_equal(mkdir(home, 0700), 0);
    assert_int_equal(mkdir(path, 0500), 0);
    assert_true(own_directory_is_possible(path, home));
    assert_true(own_directory_make(path, home, &owner));
    assert_int_equal(stat(path, &facts), 0);
    assert_int_equal(facts.st_mode, S_IFDIR | 0500);
    assert_int_equal(facts.st_uid, geteuid());
}

static void makes_no_tree_for_a_mistyped_path(void **state)
{
    struct identity owner = owner_of_all();

    assert_false(own_directory_is_possible(path, "/another/home"));
    assert_false(own_directory_make(path, "/another/home", &owner));
    assert_int_equal(errno, ENOENT);
    assert_int_not_equal(access(home, F_OK), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(makes_it_and_its_home_for_the_owner, setup, teardown),
        cmocka_unit_test_setup_teardown(leaves_what_is_there_as_it_is, setup, teardown),
        cmocka_unit_test_setup_teardown(makes_no_tree_for_a_mistyped_path, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
