//! Puts everything that is known about an account into a file: `data.json`, and the pictures beside it. It goes to disk first,
//! one picture at a time, so that an account with thousands takes no more memory than one with a single picture.

use std::{
    fs::File,
    io::{self, BufWriter, Write},
};

use shop::{
    exports::{self, Contents, Picture, Removal},
    ids::{ExportId, SourceId},
    images, sources,
};
use tempfile::NamedTempFile;
use tokio::task::spawn_blocking;
use zip::{ZipWriter, write::SimpleFileOptions};

use crate::{
    runner::{Context, JobError},
    services::Services,
};

/// Makes and stores the file, unless that was done. Its key depends on its id alone, so that twice is once.
pub async fn run(id: ExportId, at: &Services, context: &Context) -> Result<(), JobError> {
    let key = exports::object_key(id);
    let Some(contents) = exports::contents(&at.db, id).await? else {
        // Given up, or its account erased, after an earlier try had stored it.
        if exports::removal(&at.db, &context.cause(), id).await? == Removal::Due {
            at.storage.delete(&key).await?;
        }
        return Ok(());
    };
    let file = pack(contents, at).await?;
    let byte_count = i64::try_from(file.as_file().metadata()?.len())?;
    at.storage.put_archive(&key, file.path()).await?;
    if !exports::made(&at.db, &context.cause(), id, byte_count).await? {
        at.storage.delete(&key).await?;
    }
    Ok(())
}

async fn pack(mut contents: Contents, at: &Services) -> Result<NamedTempFile, JobError> {
    let file = spawn_blocking(NamedTempFile::new).await??;
    let mut pack = Pack(ZipWriter::new(BufWriter::new(file.reopen()?)));
    for picture in &mut contents.images {
        let name = format!("pictures/{}.{}", picture.id, picture.format.extension());
        match bytes(picture, at).await? {
            Some(bytes) => {
                pack = pack.add(name.clone(), bytes).await?;
                picture.file = Some(name);
            }
            None => {
                tracing::warn!(image_id = %picture.id, "is not in the file: it was removed meanwhile, or lost");
            }
        }
    }
    for source in &mut contents.sources {
        let name = format!("sources/{}.jpg", source.id);
        if let Some(bytes) = source_bytes(source.id, at).await? {
            pack = pack.add(name.clone(), bytes).await?;
            source.file = Some(name);
        }
    }
    let data = serde_json::to_vec_pretty(&contents)?;
    pack.add("data.json".to_owned(), data).await?.finish().await?;
    Ok(file)
}

async fn bytes(picture: &Picture, at: &Services) -> Result<Option<Vec<u8>>, JobError> {
    if let Some(staged) = images::staged(&at.db, picture.id).await? {
        return Ok(Some(staged.bytes));
    }
    Ok(at.storage.find(&images::original_key(picture.id, picture.format)).await?)
}

/// Gone if nobody used it for so long that it was removed meanwhile.
async fn source_bytes(id: SourceId, at: &Services) -> Result<Option<Vec<u8>>, JobError> {
    if let Some(staged) = sources::staged(&at.db, id).await? {
        return Ok(Some(staged.bytes));
    }
    Ok(at.storage.find(&sources::key(id)).await?)
}

/// An archive on its way to disk. Nothing is compressed: pictures are already.
struct Pack(ZipWriter<BufWriter<File>>);

impl Pack {
    async fn add(mut self, name: String, bytes: Vec<u8>) -> Result<Self, JobError> {
        let added = spawn_blocking(move || {
            self.0.start_file(name, SimpleFileOptions::DEFAULT)?;
            self.0.write_all(&bytes)?;
            Ok::<_, zip::result::ZipError>(self)
        });
        Ok(added.await??)
    }

    async fn finish(self) -> Result<(), JobError> {
        let finished = spawn_blocking(move || {
            self.0.finish()?.into_inner().map_err(io::IntoInnerError::into_error)?;
            Ok::<_, zip::result::ZipError>(())
        });
        Ok(finished.await??)
    }
}
