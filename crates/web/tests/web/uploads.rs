//! Pictures that customers bring along: what is taken in, what is kept of it, and what it costs us.

use std::{
    fs,
    process::{Child, Command, Stdio},
    time::Duration,
};

use bytes::Bytes;
use futures::{StreamExt, stream};
use image::GenericImageView;
use reqwest::{
    Body, Method, StatusCode,
    header::{CONTENT_TYPE, ORIGIN},
    multipart::{Form, Part},
};

use crate::{
    hostile::{self, Fate, PAYLOAD, PLACE, jpeg, png},
    support::{Answer, Browser, DATA_KEY, SECRET, Shop, wish},
};

/// A form as the Create page sends it, with a file at its end.
fn form(fields: &[(&str, &str)], file: Option<Vec<u8>>) -> Form {
    let form = fields
        .iter()
        .fold(Form::new(), |form, (name, value)| form.text((*name).to_owned(), (*value).to_owned()));
    // A browser sends an empty field without a file's name when none is chosen.
    let name = if file.is_some() { "holiday.png" } else { "" };
    let part = Part::bytes(file.unwrap_or_default()).mime_str("application/octet-stream").expect("a type");
    form.part("picture", part.file_name(name))
}

async fn bring(browser: &Browser, fields: &[(&str, &str)], file: Option<Vec<u8>>) -> Answer {
    let request = browser
        .request(Method::POST, "/generations")
        .header("sec-fetch-site", "same-origin")
        .header(ORIGIN, "http://shop.example:8080")
        .multipart(form(fields, file));
    browser.send(request).await
}

/// The value of a field of the page.
fn value(html: &str, name: &str) -> String {
    let marker = format!("name=\"{name}\" value=\"");
    let from = html.find(&marker).unwrap_or_else(|| panic!("no {name} in {html}")) + marker.len();
    html[from..].split('"').next().expect("a value").to_owned()
}

async fn count(shop: &Shop, table: &str) -> i64 {
    let count = format!("select count(*) from {table}");
    sqlx::query_scalar(sqlx::AssertSqlSafe(count)).fetch_one(shop.db()).await.expect("a count")
}

/// The production binary, beside the test.
struct Process {
    child: Child,
    base: String,
}

impl Process {
    async fn start(shop: &Shop) -> Self {
        let port =
            std::net::TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("one").port();
        let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");
        let child = Command::new(env!("CARGO_BIN_EXE_web"))
            .env_clear()
            .envs([
                ("DATABASE_URL", shop.database_url().as_str()),
                ("WEB_LISTEN", &format!("127.0.0.1:{port}")),
                ("PUBLIC_URL", "http://shop.example:8080"),
                ("SESSION_SECRET", SECRET),
                ("DATA_KEY", DATA_KEY),
                ("S3_ENDPOINT", "http://storage.example:9000"),
                ("S3_ACCESS_KEY_ID", "key"),
                ("S3_SECRET_ACCESS_KEY", "secret"),
                ("TEMPLATES_DIR", &format!("{root}/templates")),
                ("ASSETS_DIR", &format!("{root}/assets")),
            ])
            .current_dir(std::env::temp_dir())
            .stdout(Stdio::null())
            .spawn()
            .expect("the web server starts");
        let process = Self { child, base: format!("http://127.0.0.1:{port}") };
        for _ in 0..200 {
            if std::net::TcpStream::connect(("127.0.0.1", port)).is_ok() {
                return process;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("the web server does not listen");
    }

    /// The most memory that it ever held, in megabytes.
    fn peak(&self) -> usize {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id())).expect("it runs");
        let line = status.lines().find(|line| line.starts_with("VmHWM:")).expect("a line");
        line.split_whitespace().nth(1).expect("a figure").parse::<usize>().expect("a number") / 1024
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn hostile_files_are_refused_with_a_sentence_or_made_harmless_in_little_memory() {
    let shop = Shop::open().await;
    let process = Process::start(&shop).await;
    let files = hostile::files();
    assert!(files.len() >= 20);
    // Signing up takes memory for passwords, which is not what is measured.
    let mut customers = Vec::new();
    for number in 0..=files.len() / 15 {
        let browser = Browser::new(&process.base);
        shop.customer_in(&browser, &format!("visitor+{number}@example.org")).await;
        let csrf = browser.csrf("/generations/new").await;
        customers.push((browser, csrf));
    }
    let before = process.peak();
    for (index, file) in files.into_iter().enumerate() {
        let (browser, csrf) = &customers[index / 15];
        let (sources, requests) = (count(&shop, "source_images").await, count(&shop, "generations").await);
        let fields = wish(csrf, "The same in winter");
        let answer = bring(browser, &fields, Some(file.bytes)).await;
        let name = file.name;
        match file.fate {
            Fate::Refused(words) => {
                assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{name}: {}", answer.text);
                assert!(answer.text.contains(words), "{name}: {}", answer.text);
                assert!(answer.text.contains("The same in winter</textarea>"), "{name}: the words are kept");
                assert_eq!(count(&shop, "source_images").await, sources, "{name}: nothing is stored");
                assert_eq!(count(&shop, "generations").await, requests, "{name}: nothing is asked for");
            }
            Fate::Safe(width, height) => {
                assert_eq!(answer.status, StatusCode::SEE_OTHER, "{name}: {}", answer.text);
                let newest = "select staged_bytes from source_images order by used_at desc, id desc limit 1";
                let kept: Vec<u8> = sqlx::query_scalar(newest).fetch_one(shop.db()).await.expect("staged");
                for secret in [PAYLOAD, PLACE, b"Exif", b"PK\x03\x04"] {
                    assert!(
                        !kept.windows(secret.len()).any(|part| part == secret),
                        "{name} keeps {secret:?}"
                    );
                }
                assert_eq!(
                    image::guess_format(&kept).expect("a picture"),
                    image::ImageFormat::Jpeg,
                    "{name}"
                );
                assert_eq!(kept.last_chunk(), Some(&[0xff, 0xd9]), "{name}: nothing hangs on");
                let picture = image::load_from_memory(&kept).expect("a picture");
                assert_eq!(picture.dimensions(), (width, height), "{name}");
            }
        }
    }
    let hostile = process.peak() - before;

    // The largest photographs that are taken in, alone and three at once.
    let (_, csrf) = &customers[0];
    let photograph = jpeg(6_600, 4_500);
    assert!(photograph.len() < web::uploads::FILE_MAX, "{} bytes", photograph.len());
    let alone = bring(&customers[0].0, &wish(csrf, "In oil"), Some(photograph.clone())).await;
    assert_eq!(alone.status, StatusCode::SEE_OTHER, "{}", alone.text);
    let one = process.peak() - before;
    let mut sent = Vec::new();
    for number in 0..3 {
        let browser = Browser::new(&process.base);
        shop.customer_in(&browser, &format!("photographer+{number}@example.org")).await;
        let csrf = browser.csrf("/generations/new").await;
        let photograph = photograph.clone();
        sent.push(tokio::spawn(async move {
            bring(&browser, &wish(&csrf, "In oil"), Some(photograph)).await.status
        }));
    }
    let mut taken = 0;
    for answer in sent {
        match answer.await.expect("an answer") {
            StatusCode::SEE_OTHER => taken += 1,
            // Two do not fit beside each other; the words are kept, and the next try works.
            status => assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY),
        }
    }
    assert!(taken >= 1, "none was taken in");
    let all = process.peak() - before;
    eprintln!(
        "the web process grew by {hostile} MB over the hostile files, {one} MB over one of 30 megapixels and {} MB, {all} MB over three of those at once",
        photograph.len() / 1_000_000
    );
    assert!(all <= 150, "{all} MB");
}

#[tokio::test]
async fn a_picture_stays_with_the_form_while_something_else_is_wrong() {
    let shop = Shop::open().await;
    let mira = shop.customer("mira@example.org").await;
    let csrf = mira.csrf("/generations/new").await;
    let answer = bring(&mira, &wish(&csrf, "  "), Some(png(300, 200))).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(answer.text.contains("Please write a sentence first"), "{}", answer.text);
    let source = value(&answer.text, "source");
    let id = source.strip_prefix("brought:").expect("a picture that was brought").to_owned();

    let shown = mira.get(&format!("/sources/{id}")).await;
    assert_eq!((shown.status, shown.header("content-type")), (StatusCode::OK, "image/jpeg"));
    let noor = shop.customer("noor@example.org").await;
    assert_eq!(noor.get(&format!("/sources/{id}")).await.status, StatusCode::NOT_FOUND);
    assert_eq!(shop.browser().get(&format!("/sources/{id}")).await.status, StatusCode::SEE_OTHER);

    // Sent again without the file: the field is there and empty, as browsers send it.
    let mut fields = wish(&csrf, "As a linocut");
    fields.push(("source", &source));
    let answer = bring(&mira, &fields, None).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text);
    let sources: Vec<Option<uuid::Uuid>> =
        sqlx::query_scalar("select source_id from generations").fetch_all(shop.db()).await.expect("requests");
    assert_eq!(sources, [Some(id.parse().expect("an id"))]);
    assert_eq!(count(&shop, "source_images").await, 1);

    // Another like this starts from it again; it is no way to somebody else's picture.
    let path = format!("/generations/new?from={}", &answer.location()["/generations/".len()..]);
    assert_eq!(value(&mira.get(&path).await.text, "source"), source);
    let answer = bring(&noor, &fields_with(&noor, &source).await, None).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(answer.text.contains("is not there any more"), "{}", answer.text);

    // It can be left out again.
    let mut fields = wish(&csrf, "From words alone");
    fields.extend([("source", source.as_str()), ("without_source", "yes")]);
    assert_eq!(bring(&mira, &fields, None).await.status, StatusCode::SEE_OTHER);
    let without: i64 = sqlx::query_scalar("select count(*) from generations where source_id is null")
        .fetch_one(shop.db())
        .await
        .expect("a count");
    assert_eq!(without, 1);
}

async fn fields_with<'a>(browser: &Browser, source: &'a str) -> Vec<(&'a str, &'a str)> {
    let csrf: &'static str = String::leak(browser.csrf("/generations/new").await);
    let mut fields = wish(csrf, "Mine now");
    fields.push(("source", source));
    fields
}

#[tokio::test]
async fn the_same_picture_twice_is_one_and_a_double_click_is_one_request() {
    let shop = Shop::open().await;
    let mira = shop.customer("mira@example.org").await;
    let csrf = mira.csrf("/generations/new").await;
    let fields = wish(&csrf, "In watercolour");
    let first = bring(&mira, &fields, Some(png(300, 200))).await;
    let second = bring(&mira, &fields, Some(png(300, 200))).await;
    assert_eq!(first.status, StatusCode::SEE_OTHER, "{}", first.text);
    assert_eq!(first.location(), second.location());
    let other = bring(&mira, &fields, Some(png(200, 300))).await;
    assert_ne!(first.location(), other.location(), "another picture is another request");
    assert_eq!((count(&shop, "source_images").await, count(&shop, "generations").await), (2, 2));
    let jobs: i64 = sqlx::query_scalar(
        "select count(*) from apalis.jobs where convert_from(job, 'utf8') like '%store_source%'",
    )
    .fetch_one(shop.db())
    .await
    .expect("a count");
    assert_eq!(jobs, 2);
}

#[tokio::test]
async fn the_same_under_way_is_offered_with_its_picture() {
    let shop = Shop::open().await;
    let mira = shop.customer("mira@example.org").await;
    let csrf = mira.csrf("/generations/new").await;
    let fields: Vec<_> = wish(&csrf, "In ink").into_iter().filter(|(name, _)| *name != "again").collect();
    let first = bring(&mira, &fields, Some(png(300, 200))).await;
    assert_eq!(first.status, StatusCode::SEE_OTHER, "{}", first.text);
    // From words alone it is something else.
    assert_eq!(bring(&mira, &fields, None).await.status, StatusCode::SEE_OTHER);
    let mut again = fields.clone();
    again.retain(|(name, _)| *name != "client_key");
    again.push(("client_key", "0193a5c2-7b54-7cc3-b1c5-6a6f3f0a9d12"));
    let offered = bring(&mira, &again, Some(png(300, 200))).await;
    assert_eq!(offered.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(offered.text.contains("You have asked for exactly this already"), "{}", offered.text);
    assert!(offered.text.contains(&format!("href=\"{}\"", first.location())), "a way there");
    let source = value(&offered.text, "source");
    again.extend([("source", source.as_str()), ("again", "yes")]);
    let another = bring(&mira, &again, None).await;
    assert_eq!(another.status, StatusCode::SEE_OTHER);
    assert_ne!(another.location(), first.location());
}

#[tokio::test]
async fn a_picture_of_ones_own_is_edited_without_sending_it() {
    let shop = Shop::open().await;
    let mira = shop.customer("mira@example.org").await;
    let (_, image) = shop.drawn("mira@example.org", "A fox").await;
    assert!(
        mira.get(&format!("/images/{image}")).await.text.contains(&format!("/generations/new?edit={image}"))
    );
    let page = mira.get(&format!("/generations/new?edit={image}")).await;
    let source = value(&page.text, "source");
    assert_eq!(source, format!("drawn:{image}"));
    assert!(page.text.contains("What is to become of the picture"), "{}", page.text);
    let csrf = page.csrf();
    let mut fields = wish(&csrf, "The fox sleeps");
    fields.push(("source", &source));
    assert_eq!(bring(&mira, &fields, None).await.status, StatusCode::SEE_OTHER);
    let begun: Vec<uuid::Uuid> =
        sqlx::query_scalar("select source_image_id from generations where source_image_id is not null")
            .fetch_all(shop.db())
            .await
            .expect("requests");
    assert_eq!(begun, [image.0]);

    // Somebody else's is nobody's to edit, also when it hangs in the gallery.
    mira.post(&format!("/images/{image}/visibility"), &[("csrf", &csrf), ("visibility", "published")]).await;
    let noor = shop.customer("noor@example.org").await;
    let seen = noor.get(noor.get(&format!("/images/{image}")).await.location()).await;
    assert_eq!(seen.status, StatusCode::OK);
    assert!(!seen.text.contains("?edit="), "{}", seen.text);
    assert_eq!(noor.get(&format!("/generations/new?edit={image}")).await.status, StatusCode::NOT_FOUND);
    let answer = bring(&noor, &fields_with(&noor, &source).await, None).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    // Nor is one that was deleted.
    mira.post(&format!("/images/{image}/deletion"), &[("csrf", &csrf)]).await;
    assert_eq!(mira.get(&format!("/generations/new?edit={image}")).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_file_that_is_too_large_costs_nothing_but_itself() {
    let shop = Shop::open().await;
    let mira = shop.customer("mira@example.org").await;
    let csrf = mira.csrf("/generations/new").await;
    // In front of the other fields, which are kept all the same.
    let large = Part::bytes(vec![b'x'; web::uploads::FILE_MAX + 1]).file_name("large.png");
    let mut form = Form::new().text("csrf", csrf.clone()).part("picture", large);
    for (name, value) in wish(&csrf, "Kept to the end").into_iter().skip(1) {
        form = form.text(name.to_owned(), value.to_owned());
    }
    let answer = mira.send(mira.request(Method::POST, "/generations").multipart(form)).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", answer.text);
    assert!(answer.text.contains("larger than 20 MB"), "{}", answer.text);
    assert!(
        answer.text.contains("Kept to the end</textarea>")
            && answer.text.contains("value=\"linocut\" checked")
    );
    assert_eq!((count(&shop, "source_images").await, count(&shop, "generations").await), (0, 0));
    // What it took up is free again.
    assert_eq!(bring(&mira, &wish(&csrf, "A fox"), Some(png(64, 64))).await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn no_file_is_taken_from_anybody_but_the_owner_of_the_form() {
    let shop = Shop::open().await;
    let mira = shop.customer("mira@example.org").await;
    let noor = shop.customer("noor@example.org").await;
    let csrf = mira.csrf("/generations/new").await;
    for (browser, token, status) in [
        (&mira, "", StatusCode::FORBIDDEN),
        (&mira, "forged", StatusCode::FORBIDDEN),
        (&noor, csrf.as_str(), StatusCode::FORBIDDEN),
        (&shop.browser(), csrf.as_str(), StatusCode::FORBIDDEN),
    ] {
        assert_eq!(bring(browser, &wish(token, "A fox"), Some(png(64, 64))).await.status, status, "{token}");
    }
    // A token that comes after the file comes too late.
    let part = Part::bytes(png(64, 64)).file_name("a.png");
    let form = Form::new().part("picture", part).text("csrf", csrf.clone());
    let answer = mira.send(mira.request(Method::POST, "/generations").multipart(form)).await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
    // Signed out while they wrote: the sentence is kept, the file is not.
    let guest = shop.browser();
    let token = guest.csrf("/sign-in").await;
    let answer = bring(&guest, &wish(&token, "a fox"), Some(png(64, 64))).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text);
    assert!(answer.location().starts_with("/sign-in?next="), "{}", answer.location());
    assert_eq!((count(&shop, "source_images").await, count(&shop, "generations").await), (0, 0));
}

#[tokio::test]
async fn a_chosen_file_without_a_byte_is_refused_and_nothing_is_asked_for() {
    let shop = Shop::open().await;
    let mira = shop.customer("mira@example.org").await;
    let csrf = mira.csrf("/generations/new").await;
    let answer = bring(&mira, &wish(&csrf, "The same in winter"), Some(vec![])).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", answer.text);
    assert!(answer.text.contains("the file is damaged, or not all of it is there"), "{}", answer.text);
    assert!(answer.text.contains("The same in winter</textarea>"), "the words are kept");
    assert_eq!((count(&shop, "source_images").await, count(&shop, "generations").await), (0, 0));
}

#[tokio::test]
async fn nothing_is_kept_of_a_file_before_its_owner_has_proved_their_address() {
    let shop = Shop::open().await;
    let mira = shop.newcomer("mira@example.org").await;
    let csrf = mira.csrf("/generations/new").await;
    let answer = bring(&mira, &wish(&csrf, "The same in winter"), Some(png(300, 200))).await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN, "{}", answer.text);
    assert!(answer.text.contains("One step before we draw") && answer.text.contains("The same in winter"));
    // With something else wrong with the form, that is said beside it.
    let answer = bring(&mira, &wish(&csrf, " "), Some(png(300, 200))).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(answer.text.contains("whose e-mail address we know to be theirs"), "{}", answer.text);
    assert_eq!((count(&shop, "source_images").await, count(&shop, "generations").await), (0, 0));
    assert_eq!(count(&shop, "throttles where rule = 'upload.account'").await, 0, "not even begun");
}

/// A form whose file begins to come, and goes on as these pieces do.
async fn begin<S>(browser: &Browser, csrf: &str, pieces: S) -> Result<reqwest::Response, reqwest::Error>
where
    S: futures::Stream<Item = Result<Bytes, std::io::Error>> + Send + 'static,
{
    let field =
        |(name, value)| format!("--x\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
    let mut head: String =
        wish(csrf, "Kept while it stalls").into_iter().map(field).collect::<Vec<_>>().concat();
    head += "--x\r\nContent-Disposition: form-data; name=\"picture\"; filename=\"a.png\"\r\n\r\n";
    let first = stream::iter([Ok(Bytes::from(head)), Ok(Bytes::from(vec![b'x'; 1_000_000]))]);
    browser
        .request(Method::POST, "/generations")
        .header(CONTENT_TYPE, "multipart/form-data; boundary=x")
        .body(Body::wrap_stream(first.chain(pieces)))
        .send()
        .await
}

/// Until a file of this account is under way, and until none is.
async fn is_under_way(browser: &Browser, csrf: &str, expected: bool) -> Duration {
    let since = std::time::Instant::now();
    loop {
        // Not at once: who looks takes the place for a moment.
        tokio::time::sleep(Duration::from_secs(1)).await;
        let answer = bring(browser, &wish(csrf, " "), Some(png(64, 64))).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(!answer.text.contains("many pictures along in a short time"), "nobody looks so often");
        if answer.text.contains("Another picture of yours is still on its way") == expected {
            return since.elapsed();
        }
        assert!(since.elapsed() < Duration::from_secs(25), "{}", answer.text);
    }
}

#[tokio::test]
async fn a_file_that_stops_coming_ends_and_makes_room() {
    let shop = Shop::open().await;
    let mira = shop.customer("mira@example.org").await;
    let csrf = mira.csrf("/generations/new").await;
    let stalled = begin(&mira, &csrf, stream::pending());
    let watch = async {
        is_under_way(&mira, &csrf, true).await;
        is_under_way(&mira, &csrf, false).await
    };
    let (answer, waited) = tokio::join!(stalled, watch);
    assert!(waited < Duration::from_secs(15), "{waited:?}");
    let answer = answer.expect("an answer, although the form did not end");
    assert_eq!(answer.status(), StatusCode::UNPROCESSABLE_ENTITY);
    let text = answer.text().await.expect("a page");
    assert!(text.contains("The picture came too slowly, or not to its end"), "{text}");
    assert!(text.contains("Kept while it stalls</textarea>"), "the words are kept");
    assert_eq!(count(&shop, "generations").await, 0);
}

#[tokio::test]
async fn a_file_that_comes_at_a_crawl_ends_and_makes_room() {
    let shop = Shop::open().await;
    let mira = shop.customer("mira@example.org").await;
    let csrf = mira.csrf("/generations/new").await;
    // A little every second: it never stalls. What came at first was quick.
    let crawl = stream::unfold((), async |()| {
        tokio::time::sleep(Duration::from_secs(1)).await;
        Some((Ok(Bytes::from_static(b"x")), ()))
    });
    let crawling = begin(&mira, &csrf, crawl);
    let watch = async {
        is_under_way(&mira, &csrf, true).await;
        is_under_way(&mira, &csrf, false).await
    };
    tokio::select! {
        waited = watch => assert!(waited < Duration::from_secs(25), "{waited:?}"),
        // The answer may come before the last look, and a client that still sends may not read it.
        () = async { crawling.await.ok(); std::future::pending::<()>().await } => {}
    }
}

#[tokio::test]
async fn files_that_are_broken_off_count_as_well() {
    let shop = Shop::open().await;
    let mira = shop.customer("mira@example.org").await;
    let csrf = mira.csrf("/generations/new").await;
    let broken = || {
        stream::once(async {
            tokio::time::sleep(Duration::from_millis(100)).await;
            Err(std::io::Error::other("the line is dead"))
        })
    };
    for _ in 0..20 {
        begin(&mira, &csrf, broken()).await.expect_err("broken off");
    }
    let taken = "throttles where rule = 'upload.account'";
    // The last one may still be on its way.
    for _ in 0..100 {
        let answer = bring(&mira, &wish(&csrf, "In oil"), Some(png(64, 64))).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "the twenty-first is refused");
        if answer.text.contains("You have brought many pictures along in a short time") {
            assert_eq!(count(&shop, taken).await, 1);
            assert_eq!(count(&shop, "generations").await, 0);
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("files that are broken off do not count");
}

#[tokio::test]
async fn bodies_that_are_no_forms_are_refused_and_not_kept() {
    let shop = Shop::open().await;
    let mira = shop.customer("mira@example.org").await;
    let csrf = mira.csrf("/generations/new").await;
    let token = format!("--x\r\nContent-Disposition: form-data; name=\"csrf\"\r\n\r\n{csrf}\r\n");
    let field = "--x\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nb\r\n";
    let endless = "y".repeat(1024 * 1024);
    for (name, body, status) in [
        ("nothing", String::new(), StatusCode::UNSUPPORTED_MEDIA_TYPE),
        ("no boundary", "x".repeat(100), StatusCode::UNSUPPORTED_MEDIA_TYPE),
        ("no end", token.clone(), StatusCode::UNSUPPORTED_MEDIA_TYPE),
        ("an endless beginning", endless.clone(), StatusCode::REQUEST_TIMEOUT),
        ("an endless head", format!("--x\r\nContent-Disposition: {endless}"), StatusCode::REQUEST_TIMEOUT),
        (
            "an endless text",
            format!("{token}--x\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n{endless}\r\n--x--"),
            StatusCode::PAYLOAD_TOO_LARGE,
        ),
        ("too many fields", format!("{}--x--", field.repeat(65)), StatusCode::PAYLOAD_TOO_LARGE),
        (
            "no text",
            "--x\r\nContent-Disposition: form-data; name=\"csrf\"\r\n\r\n\u{0}".to_owned() + "\r\n--x--",
            StatusCode::FORBIDDEN,
        ),
    ] {
        let pieces = body
            .into_bytes()
            .chunks(60_000)
            .map(|piece| Ok::<_, std::io::Error>(Bytes::copy_from_slice(piece)))
            .collect::<Vec<_>>();
        let request = mira
            .request(Method::POST, "/generations")
            .header(CONTENT_TYPE, "multipart/form-data; boundary=x")
            .body(Body::wrap_stream(stream::iter(pieces)));
        assert_eq!(mira.send(request).await.status, status, "{name}");
    }
    assert_eq!((count(&shop, "source_images").await, count(&shop, "generations").await), (0, 0));
}
