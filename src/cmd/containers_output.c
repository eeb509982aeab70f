#include "cmd/containers_output.h"

#include "content/container.h"
#include "content/encrypted.h"

#include <stdio.h>

static const char *opening_text(enum container_opening opening)
{
    switch (opening) {
    case CONTAINER_OPENED: return "opened";
    case CONTAINER_OPENED_AT_START: return "opened; unsupported if it follows other data";
    case CONTAINER_CLOSED: return "unsupported";
    }
    return "";
}

void containers_output(void)
{
    puts("Archives, compressed files and disk images, and what engine builtin (libclamav 1.4) does with "
         "them:\n");
    for (enum container kind = CONTAINER_NONE + 1; kind < CONTAINER_COUNT; kind++)
        printf("  %-10s %s\n", container_name(kind), opening_text(container_opening(kind)));
    puts("\nAn archive that is opened but has a member that the engine cannot unpack is unsupported, too.\n"
         "So are S/MIME bodies that contain the message, and attachments other than pictures in calendars "
         "and\n"
         "cards. Attachments of PDF files are opened.\n"
         "clamd and programs do not report what they opened: what they cannot open, they report as clean.\n");
    puts("Content that opens only with a password or a private key, and what it makes of a message:\n");
    for (enum encrypted kind = ENCRYPTED_NOT + 1; kind < ENCRYPTED_COUNT; kind++)
        printf("  %-10s %s\n", encrypted_name(kind),
               encrypted_is_own(kind) ? "encrypted" : "encrypted; clamd: with AlertEncrypted yes");
}
