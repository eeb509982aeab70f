#include "clamav/signature_set.h"

#include "base/buf.h"
#include "base/log.h"
#include "scan/signature_files.h"

#include <dirent.h>
#include <fcntl.h>
#include <iconv.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* The character sets from which and to which libclamav converts (HTML, office documents). The C library loads
 * most of them from shared objects. */
static const char *const from_sets[] = {
    "UTF-16",       "UTF-16BE",     "UTF-16LE",     "UTF-32",       "UTF-32BE",     "UTF-32LE",
    "UCS-4",        "UCS-4BE",      "UCS-4LE",      "UTF-7",        "ISO-8859-1",   "ISO-8859-2",
    "ISO-8859-3",   "ISO-8859-4",   "ISO-8859-5",   "ISO-8859-6",   "ISO-8859-7",   "ISO-8859-8",
    "ISO-8859-9",   "ISO-8859-13",  "ISO-8859-15",  "WINDOWS-1250", "WINDOWS-1251", "WINDOWS-1252",
    "WINDOWS-1253", "WINDOWS-1254", "WINDOWS-1255", "WINDOWS-1256", "WINDOWS-1257", "WINDOWS-1258",
    "WINDOWS-874",  "KOI8-R",       "KOI8-U",       "EUC-JP",       "EUC-KR",       "EUC-CN",
    "GB2312",       "GB18030",      "BIG5",         "SHIFT_JIS",    "CP437",        "CP500",
    "CP737",        "CP775",        "CP850",        "CP852",        "CP855",        "CP857",
    "CP860",        "CP861",        "CP862",        "CP863",        "CP864",        "CP865",
    "CP866",        "CP869",        "CP874",        "CP932",        "CP936",        "CP949",
    "CP950",        "CP1025",       "CP1026",       "CP037",        "CP875",        "CP1361",
    "ISO-2022-JP",  "ISO-2022-KR",  "MACINTOSH",    "US-ASCII",
};
static const char *const to_sets[] = {"UTF-8//TRANSLIT", "UTF-16BE"};

/* Opens the converters and never closes them, because an open converter keeps its shared object loaded.
 * Character sets that are not installed are skipped. */
static void keep_converters(void)
{
    static iconv_t kept[sizeof from_sets / sizeof from_sets[0]][sizeof to_sets / sizeof to_sets[0]];

    for (size_t i = 0; i < sizeof from_sets / sizeof from_sets[0]; i++)
        for (size_t k = 0; k < sizeof to_sets / sizeof to_sets[0]; k++)
            kept[i][k] = iconv_open(to_sets[k], from_sets[i]);
    (void)kept;
}

static bool load(struct signature_set *set, const char *database, unsigned *count)
{
    cl_error_t result = cl_load(database, set->engine, count, CL_DB_STDOPT);

    if (result == CL_SUCCESS && !signature_files_exist(database))
        *count = 0; /* libclamav has counted only exclusions */
    if (result == CL_SUCCESS && *count > 0)
        return true;
    if (result == CL_SUCCESS || result == CL_EOPEN || *count == 0)
        log_text(EVENT_no_signatures,
                 "no virus signatures in %s (%s): run freshclam (package clamav-freshclam), or set [builtin] "
                 "database",
                 database, result == CL_SUCCESS ? "empty" : cl_strerror(result));
    else
        log_text(EVENT_bad_signatures,
                 "the virus signatures in %s cannot be loaded (%s): run freshclam again", database,
                 cl_strerror(result));
    return false;
}

static void set_version(struct signature_set *set, unsigned count)
{
    int error = 0;
    long long version = cl_engine_get_num(set->engine, CL_ENGINE_DB_VERSION, &error);

    if (version > 0)
        snprintf(set->version, sizeof set->version, "ClamAV-%.16s/%lld", cl_retver(), version);
    else
        snprintf(set->version, sizeof set->version, "ClamAV-%.16s/%u-signatures", cl_retver(), count);
}

/* Returns the creation time in the header of a signed database. For any other regular file, returns the
 * modification time. 0: unknown. */
static int64_t publication_time(const char *path)
{
    struct stat status;
    struct cl_cvd *head = span_ends(span_of(path), SPAN(".cvd")) || span_ends(span_of(path), SPAN(".cld"))
                              ? cl_cvdhead(path)
                              : NULL;
    int64_t at = 0;

    if (head) {
        at = head->stime;
        cl_cvdfree(head);
    } else if (stat(path, &status) == 0 && S_ISREG(status.st_mode)) {
        at = status.st_mtime;
    }
    return at;
}

static void set_publication_time(struct signature_set *set, const char *database)
{
    DIR *directory = opendir(database);
    struct dirent *entry;

    while (directory && (entry = readdir(directory))) {
        struct buf path = {0};
        int64_t at;

        buf_add_format(&path, "%s/%s", database, entry->d_name);
        at = entry->d_name[0] == '.' ? 0 : publication_time(buf_c_str(&path));
        buf_fini(&path);
        if (at > set->published_s)
            set->published_s = at;
    }
    if (directory)
        closedir(directory);
}

static void log_loaded(const struct signature_set *set, const char *database, unsigned count)
{
    int64_t age_s = time(NULL) - set->published_s;

    log_text(EVENT_signatures, "%u signatures from %s, %s, %lld hours old", count, database, set->version,
             (long long)(set->published_s && age_s > 0 ? age_s / 3600 : 0));
}

/* Scans a mail with an HTML part and an attachment, so that the C library, OpenSSL and libxml2 read their
 * files (time zone, configuration) before the sandbox is entered. */
static bool warm_up(const struct signature_set *set)
{
    static const char mail[] =
        "From: postern@localhost\r\nDate: Thu, 01 Jan 1970 00:00:00 +0000\r\nSubject: "
        "warm-up\r\nMIME-Version: 1.0\r\n"
        "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: "
        "text/html\r\n\r\n<p>warm</p>\r\n"
        "--b\r\nContent-Type: text/xml\r\nContent-Disposition: attachment; filename=a.xml\r\n"
        "Content-Transfer-Encoding: base64\r\n\r\n"
        "PD94bWwgdmVyc2lvbj0iMS4wIj8+PGE+d2FybTwvYT4K\r\n--b--\r\n";
    int fd = memfd_create("warm-up", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    struct verdict verdict = {0};

    if (fd < 0)
        return false;
    if (write(fd, mail, sizeof mail - 1) == (ssize_t)sizeof mail - 1 &&
        fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW) == 0)
        verdict = message_scan(set->engine, fd, sizeof mail - 1, 60000, MESSAGE_MAIL);
    close(fd);
    if (verdict.kind != VERDICT_CLEAN)
        log_text(EVENT_warm_up, "the verdict on a harmless mail is %s %s: the engine cannot be used",
                 verdict_kind_name((enum verdict_kind)verdict.kind), verdict.name);
    return verdict.kind == VERDICT_CLEAN;
}

bool signature_set_load(struct signature_set *set, const char *database, const char *temp,
                        const struct scan_limits *limits)
{
    unsigned count = 0;

    message_scan_log_messages();
    if (cl_init(CL_INIT_DEFAULT) != CL_SUCCESS || !(set->engine = cl_engine_new()) ||
        cl_engine_set_str(set->engine, CL_ENGINE_TMPDIR, temp) != CL_SUCCESS ||
        !message_scan_prepare(set->engine, limits)) {
        log_text(EVENT_engine, "libclamav cannot be initialised, or rejects the limits in [builtin]");
        return false;
    }
    if (!load(set, database, &count))
        return false;
    if (cl_engine_compile(set->engine) != CL_SUCCESS) {
        log_text(EVENT_bad_signatures, "the virus signatures in %s cannot be compiled", database);
        return false;
    }
    keep_converters();
    set_version(set, count);
    set_publication_time(set, database);
    log_loaded(set, database, count);
    return warm_up(set);
}
