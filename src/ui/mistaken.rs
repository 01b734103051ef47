//! Files that are often taken for a plan, named for what they are, with the command that gives the right one. Every text is fixed.

/// What a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mistaken {
    /// What `terraform plan` or `terraform show` print for people.
    PlanText,
    /// What `terraform show` prints of a state.
    StateText,
    /// What `terraform state list` prints.
    StateList,
    /// What `terraform init` prints.
    InitLog,
    /// What an apply or a destroy prints.
    ApplyLog,
    /// What `terraform test` prints.
    TestLog,
    /// What Terraform prints when it fails.
    ErrorText,
    /// Configuration.
    Source,
    /// Values of variables.
    Variables,
    /// A list of providers that are locked.
    LockFile,
    /// `providers schema -json`.
    Schemas,
    /// `validate -json`.
    Validation,
    /// `metadata functions -json`.
    Functions,
    /// `version -json`.
    Version,
    /// `modules -json`.
    Modules,
    /// `output -json`.
    Outputs,
    /// The JSON of HCP Terraform without values.
    Redacted,
    /// A directory where a file is asked for.
    Directory,
    /// A directory with configuration and no plan.
    SourceDirectory,
    /// An archive that is no zip.
    Tar,
    /// An address on the web.
    WebAddress,
    /// An address in a bucket.
    BucketAddress,
}

/// The way to the right file.
const MAKE: &str =
    "save the plan and use that file: terraform plan -out tfplan && applygate check tfplan";

impl Mistaken {
    /// What it is, as the start of a sentence after the file's name.
    #[must_use]
    pub(crate) const fn what(self) -> &'static str {
        match self {
            Self::PlanText => {
                "is the text output of terraform plan or show: it does not have all values, and Terraform cannot apply it"
            }
            Self::StateText => "is the text output of terraform show of a state, not a plan",
            Self::StateList => "is a list of addresses (terraform state list), not a plan",
            Self::InitLog => "is the output of terraform init, not a plan",
            Self::ApplyLog => "is the log of an apply: that has already happened",
            Self::TestLog => "is the log of terraform test, not a plan",
            Self::ErrorText => "is the output of a Terraform command that failed, not a plan",
            Self::Source => "is Terraform configuration, not a plan",
            Self::Variables => "is a file of variable values, not a plan",
            Self::LockFile => "is the lock file of the providers, not a plan",
            Self::Schemas => "is the output of terraform providers schema -json, not a plan",
            Self::Validation => "is the output of terraform validate -json, not a plan",
            Self::Functions => "is the output of terraform metadata functions -json, not a plan",
            Self::Version => "is the output of terraform version -json, not a plan",
            Self::Modules => "is the output of terraform modules -json, not a plan",
            Self::Outputs => "is the output of terraform output -json, not a plan",
            Self::Redacted => {
                "is the redacted JSON of HCP Terraform: it has no values, so it cannot be judged"
            }
            Self::Directory => "is a directory, not a plan",
            Self::SourceDirectory => "holds Terraform configuration and no plan",
            Self::Tar => "is a tar archive, not a plan",
            Self::WebAddress | Self::BucketAddress => {
                "is an address, and applygate reads only files"
            }
        }
    }

    /// What to type instead.
    #[must_use]
    pub(crate) const fn help(self) -> &'static str {
        match self {
            Self::PlanText
            | Self::StateText
            | Self::StateList
            | Self::TestLog
            | Self::Schemas
            | Self::Validation
            | Self::Functions
            | Self::Version
            | Self::Modules
            | Self::Outputs => MAKE,
            Self::InitLog => {
                "the plan is the next step: terraform plan -out tfplan && applygate check tfplan"
            }
            Self::ApplyLog => {
                "check the plan before the apply: terraform plan -out tfplan && applygate check tfplan"
            }
            Self::ErrorText => {
                "fix the error that it names, then: terraform plan -out tfplan && applygate check tfplan"
            }
            Self::Source | Self::LockFile => {
                "make a plan: terraform plan -out tfplan && applygate check tfplan"
            }
            Self::Variables => {
                "make a plan with it: terraform plan -var-file=FILE -out tfplan && applygate check tfplan"
            }
            Self::Redacted => {
                "use the full JSON, in the directory of the configuration: terraform show -json tfplan > plan.json; or from the API: plans/ID/json-output"
            }
            Self::Directory => "give the plan that is in it, such as: applygate check DIR/tfplan",
            Self::SourceDirectory => {
                "make the plan first: terraform -chdir=DIR plan -out tfplan && applygate check DIR/tfplan"
            }
            Self::Tar => "unpack it and use the plan in it: tar -xf FILE",
            Self::WebAddress => {
                "download it first: curl -fsSL -o tfplan URL && applygate check tfplan"
            }
            Self::BucketAddress => {
                "copy it here first, such as: aws s3 cp s3://BUCKET/tfplan tfplan && applygate check tfplan"
            }
        }
    }
}
