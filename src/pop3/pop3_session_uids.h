/* pop3_session_uids: the unique-ids of the messages of a session, from the server's UIDL replies.
 *
 * They are needed only for the few messages that go to the quarantine. Therefore they are packed, and
 * searched linearly. At most POP3_SESSION_UIDS_BYTES are kept. If a mailbox needs more, the unique-ids that
 * were listed first are forgotten, because clients usually fetch the newest messages. {0} is valid and empty.
 * Pure. */
#ifndef POSTERN_POP3_POP3_SESSION_UIDS_H
#define POSTERN_POP3_POP3_SESSION_UIDS_H

#include "base/buf.h"

#include <stdint.h>

enum { POP3_SESSION_UIDS_BYTES = 64 * 1024 };

struct pop3_session_uids {
    struct buf packed; /* for each message: number, length, unique-id */
};

/* uid: 1 to POP3_UID_MAX bytes. It replaces an earlier unique-id of that number. */
void pop3_session_uids_note(struct pop3_session_uids *uids, uint32_t number, struct span uid);
/* Returns the unique-id, borrowed until the next change; empty: unknown. */
struct span pop3_session_uids_get(const struct pop3_session_uids *uids, uint32_t number);
void pop3_session_uids_clear(struct pop3_session_uids *uids);
void pop3_session_uids_fini(struct pop3_session_uids *uids);

#endif
