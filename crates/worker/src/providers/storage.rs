//! Object storage that speaks S3. The bucket is private; pages reach objects by signed URLs.

use std::{path::Path, time::Duration};

use aws_credential_types::Credentials;
use aws_sdk_s3::{
    Client,
    config::{
        BehaviorVersion, Region, RequestChecksumCalculation, ResponseChecksumValidation, retry::RetryConfig,
        timeout::TimeoutConfig,
    },
    error::{DisplayErrorContext, SdkError},
    operation::{
        get_object::GetObjectError,
        list_objects_v2::{ListObjectsV2Error, ListObjectsV2Output},
    },
    primitives::ByteStream,
};
use aws_smithy_async::future::pagination_stream::PaginationStream;
use aws_smithy_http_client::{Builder, tls};
use chrono::DateTime;
use secrecy::ExposeSecret;
use shop::reconciliation::Listed;

use crate::config::Config;

/// A picture never changes under its key.
const CACHE_CONTROL: &str = "private, max-age=31536000, immutable";
/// One request takes no longer.
const TIMEOUT: Duration = Duration::from_secs(25);
/// Sending a file takes no longer: 5 GB, the most that one request may hold, at 4 MB a second.
const FILE_TIMEOUT: Duration = Duration::from_mins(20);

/// Why storage did not do as asked.
#[derive(Debug, thiserror::Error)]
#[error("object storage: {0}")]
pub struct StorageError(String);

impl<E: std::error::Error + Send + Sync + 'static, R: std::fmt::Debug + Send + Sync + 'static>
    From<SdkError<E, R>> for StorageError
{
    fn from(error: SdkError<E, R>) -> Self {
        Self(DisplayErrorContext(error).to_string())
    }
}

/// The client of one bucket.
#[derive(Clone)]
pub struct Storage {
    client: Client,
    bucket: String,
}

impl Storage {
    /// As configured. Nothing is sent yet.
    pub fn new(config: &Config) -> Self {
        let credentials = Credentials::new(
            config.s3_access_key_id.expose_secret(),
            config.s3_secret_access_key.expose_secret(),
            None,
            None,
            "configuration",
        );
        let http = Builder::new()
            .tls_provider(tls::Provider::Rustls(tls::rustls_provider::CryptoMode::Ring))
            .build_https();
        let timeouts = TimeoutConfig::builder()
            .connect_timeout(Duration::from_secs(5))
            .operation_attempt_timeout(TIMEOUT)
            .build();
        let s3 = aws_sdk_s3::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .endpoint_url(&config.s3_endpoint)
            .region(Region::new(config.s3_region.clone()))
            .credentials_provider(credentials)
            .http_client(http)
            // Paths work with every store; names of buckets as hosts need its DNS.
            .force_path_style(true)
            // The queue repeats, with a pause that survives a restart.
            .retry_config(RetryConfig::disabled())
            .timeout_config(timeouts)
            // Stores beside Amazon's do not all know the newer checksums; the signature covers the body.
            .request_checksum_calculation(RequestChecksumCalculation::WhenRequired)
            .response_checksum_validation(ResponseChecksumValidation::WhenRequired)
            .build();
        Self { client: Client::from_conf(s3), bucket: config.s3_bucket.clone() }
    }

    /// Is the bucket there, in this region, for these credentials?
    ///
    /// # Errors
    /// What the store said.
    pub async fn check(&self) -> Result<(), StorageError> {
        self.client.head_bucket().bucket(&self.bucket).send().await?;
        Ok(())
    }

    /// Stores an object; what lay under the key is replaced.
    ///
    /// # Errors
    /// What the store said.
    pub async fn put(&self, key: &str, bytes: Vec<u8>, media_type: &str) -> Result<(), StorageError> {
        self.client
            .put_object()
            .bucket(&self.bucket)
            .key(key)
            .content_type(media_type)
            .cache_control(CACHE_CONTROL)
            .body(ByteStream::from(bytes))
            .send()
            .await?;
        Ok(())
    }

    /// Stores a zip archive from a file, without reading it into memory; what lay under the key is replaced. A browser saves
    /// it, and nobody caches it.
    ///
    /// # Errors
    /// What the store said, or that the file cannot be read.
    pub async fn put_archive(&self, key: &str, path: &Path) -> Result<(), StorageError> {
        let body = ByteStream::from_path(path).await.map_err(|error| StorageError(error.to_string()))?;
        let patience = TimeoutConfig::builder().operation_attempt_timeout(FILE_TIMEOUT).build();
        self.client
            .put_object()
            .bucket(&self.bucket)
            .key(key)
            .content_type("application/zip")
            .cache_control("private, no-store")
            .content_disposition("attachment; filename=\"ai-gallery.zip\"")
            .body(body)
            .customize()
            .config_override(aws_sdk_s3::Config::builder().timeout_config(patience))
            .send()
            .await?;
        Ok(())
    }

    /// An object's bytes, if it is there.
    ///
    /// # Errors
    /// What the store said.
    pub async fn find(&self, key: &str) -> Result<Option<Vec<u8>>, StorageError> {
        match self.client.get_object().bucket(&self.bucket).key(key).send().await {
            Ok(object) => {
                let bytes = object.body.collect().await.map_err(|error| StorageError(error.to_string()))?;
                Ok(Some(bytes.to_vec()))
            }
            Err(error) if error.as_service_error().is_some_and(GetObjectError::is_no_such_key) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// An object's bytes.
    ///
    /// # Errors
    /// What the store said; an object that is not there is an error.
    pub async fn get(&self, key: &str) -> Result<Vec<u8>, StorageError> {
        self.find(key).await?.ok_or_else(|| StorageError(format!("there is no {key}")))
    }

    /// All objects whose key begins like this, a page at a time.
    pub fn list(&self, prefix: &str) -> Listing {
        let request = self.client.list_objects_v2().bucket(&self.bucket).prefix(prefix);
        Listing { pages: request.into_paginator().send() }
    }

    /// Removes an object. One that is not there is removed already.
    ///
    /// # Errors
    /// What the store said.
    pub async fn delete(&self, key: &str) -> Result<(), StorageError> {
        self.client.delete_object().bucket(&self.bucket).key(key).send().await?;
        Ok(())
    }
}

/// A listing under way.
pub struct Listing {
    pages: PaginationStream<Result<ListObjectsV2Output, SdkError<ListObjectsV2Error>>>,
}

impl Listing {
    /// The next page; nothing if there is none.
    ///
    /// # Errors
    /// What the store said.
    pub async fn next_page(&mut self) -> Result<Option<Vec<Listed>>, StorageError> {
        let Some(page) = self.pages.next().await.transpose()? else { return Ok(None) };
        let listed = page.contents().iter().filter_map(|object| {
            let modified_at = object.last_modified()?;
            Some(Listed {
                key: object.key()?.to_owned(),
                modified_at: DateTime::from_timestamp(modified_at.secs(), modified_at.subsec_nanos())?,
            })
        });
        Ok(Some(listed.collect()))
    }
}
