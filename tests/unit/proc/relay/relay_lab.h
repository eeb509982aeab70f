/* relay_lab: a relay with one session, whose protocol counts what is reported to it, with a scan process and
 * a reader that do not exist: the test gives their replies, or reads what they are sent. */
#ifndef POSTERN_TESTS_UNIT_PROC_RELAY_RELAY_LAB_H
#define POSTERN_TESTS_UNIT_PROC_RELAY_RELAY_LAB_H

#include "proc/relay/relay_internal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

enum { OCTETS = 1000, LARGE_OCTETS = 4 << 20 };

/* The session's state. */
struct reported {
    unsigned scanned, stored, delivered, ends, turns; /* turns: of the pump */
    unsigned timed_out;
    enum err lost;
    struct verdict verdict; /* the last one */
};

extern struct conf conf;
extern struct child_start start;
extern struct relay relay;
extern struct relay_session *session;
extern struct relay_backend *scan, *reader;
extern int peers[3];                  /* the other ends: of scan, of the reader, of the client */
extern enum protocol_awaited awaited; /* by the session */

struct reported *reported(void);

/* Before and after each test. */
int set_up(void **state);
int tear_down(void **state);

/* Messages of the server, in the session's hands. */
struct held_message *make_message_of(size_t octets);
struct held_message *make_message(void);
void begin_scan(struct held_message *message);
void store(struct held_message *message);
/* Gives the reply to the first request. */
void answer_scan(void);

#endif
